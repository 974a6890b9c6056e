# shellcheck shell=bash
# One guest: a stock kernel in QEMU with one network card on a bridge of a namespace.

# start_guest SCRIPT NAME=VALUE...: starts it; sets GUEST (its pid) and CONSOLE (the file with what it
# prints). The values are the script's environment. Needs NETNS, BRIDGE, MTU and GUEST_ADDRESS.
start_guest() {
  local dir=$WORK/machine script=$1 value
  shift
  rm -rf "$dir"
  mkdir -p "$dir/test"
  cp "$ROOT"/deploy/guest/inside/*.sh "$dir/test/"
  ln -s "$script.sh" "$dir/test/script"
  for value in "$@"; do
    printf 'export %s=%q\n' "${value%%=*}" "${value#*=}"
  done >"$dir/test/environment"
  # A second archive behind the first one adds its files.
  (cd "$dir" && find test | busybox cpio -o -H newc 2>/dev/null) >"$dir/add"
  cat "$IMAGE/initrd" "$dir/add" >"$dir/initrd"
  CONSOLE=$dir/console
  : >"$CONSOLE"
  : >"$dir/code"
  ip -n "$NETNS" tuntap add dev guest0 mode tap
  ip -n "$NETNS" link set guest0 mtu "$MTU" master "$BRIDGE" up
  ip netns exec "$NETNS" qemu-system-x86_64 -M pc -accel tcg,thread=multi -cpu Nehalem -smp 1 -m 1024 \
    -display none -no-reboot -nic none -bios qboot.rom -kernel "$IMAGE/kernel" -initrd "$dir/initrd" \
    -append "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off nokaslr twinlog.mtu=$MTU twinlog.address=$GUEST_ADDRESS" \
    -netdev tap,id=net,ifname=guest0,script=no,downscript=no \
    -device "virtio-net-pci,netdev=net,mac=$GUEST_MAC,host_mtu=$MTU,romfile=" \
    -device virtio-rng-pci,romfile= \
    -serial "file:$CONSOLE" -serial "file:$dir/code" >"$dir/qemu.log" 2>&1 </dev/null &
  GUEST=$!
}

# await_guest SECONDS TEXT: waits until the guest has printed a line that contains the text.
await_guest() {
  within "$1" printed_or_ended "$2" && grep -qF -- "$2" "$CONSOLE" ||
    guest_failed "did not come to: $2"
}

printed_or_ended() {
  progress "$(tail -n 1 "$CONSOLE" | tr -d '\r' | cut -c1-70)"
  grep -qF -- "$1" "$CONSOLE" || gone "$GUEST"
}

# end_guest SECONDS: waits for its end; fails unless its script succeeded.
end_guest() {
  within "$1" gone "$GUEST" || guest_failed "has not ended after $1 s"
  wait "$GUEST" 2>/dev/null || true
  ip -n "$NETNS" link del guest0
  grep -q '^exit=0' "$WORK/machine/code" || guest_failed "failed"
}

guest_failed() {
  tail -n 40 "$CONSOLE" >&2
  tail -n 5 "$WORK/machine/qemu.log" >&2
  die "the guest $1 (its last lines are above)"
}
