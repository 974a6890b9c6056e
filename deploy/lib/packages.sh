# shellcheck shell=bash
# Debian packages: installs what is missing, and only that.

# What building takes.
BUILD_PACKAGES=(openjdk-17-jdk-headless maven)
# What the demo takes. nbdfuse comes with libnbd-bin.
DEMO_PACKAGES=(libnbd-bin e2fsprogs util-linux mount jq procps)
# What the tests talk to: other people's NBD and AoE programs. nbdsh comes with python3-libnbd.
TEST_PACKAGES=(libnbd-bin python3-libnbd nbdkit nbd-client nbd-server qemu-utils fio vblade aoetools
  tshark iproute2 tcpdump util-linux mount e2fsprogs xfsprogs jq procps spin gcc libc6-dev)
# What the benchmark compares with and measures by.
BENCH_PACKAGES=(nbdkit libnbd-bin qemu-utils qemu-block-extra fio iperf3 iproute2 jq util-linux procps)
AOE_BENCH_PACKAGES=(vblade gcc libc6-dev)

# install PACKAGE...: installs those that are missing.
install() {
  local package missing=() what
  for package in "$@"; do
    installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  what="${missing[*]}"
  command -v apt-get >/dev/null || die "not a Debian system; please install: $what"
  [ "$(id -u)" = 0 ] || die "needs root to install: $what"
  say "installing ${#missing[@]} Debian packages: $what"
  export DEBIAN_FRONTEND=noninteractive
  # A recent system does not need `apt-get update`.
  apt_quietly install "${missing[@]}" && return 0
  say "updating the list of Debian packages"
  apt_quietly update || apt_failed update
  apt_quietly install "${missing[@]}" || apt_failed "install $what"
}

# Other JDKs and Mavens do as well as Debian's.
installed() {
  case $1 in
    openjdk-17-jdk-headless) java_is_enough && return 0 ;;
    maven) command -v mvn >/dev/null && return 0 ;;
  esac
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

java_is_enough() {
  local version
  version=$(javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p') || return 1
  [ -n "$version" ] && [ "$version" -ge 17 ]
}

apt_quietly() {
  local command=$1 status=0
  shift
  progress "apt-get $command"
  attend apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$command" "$@" \
    >"$WORK/apt.log" 2>&1 </dev/null || status=$?
  progress_end
  return "$status"
}

apt_failed() {
  tail -n 15 "$WORK/apt.log" >&2
  die "apt-get $1 failed (see above)"
}
