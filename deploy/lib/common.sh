# shellcheck shell=bash
# What every script of this folder needs: messages, waiting, and leaving nothing behind.
#
# A script sources this file, calls `begin NAME`, and may then work in $WORK. Whatever it starts,
# mounts or attaches is found again by its traces (a mark in the environment of each process, the
# path of $WORK in mounts and loop devices) and not by a list: an interrupt between an act and its
# note cannot leave anything behind.

set -Eeuo pipefail

# Names of files and numbers are to mean the same everywhere.
export LC_ALL=C.UTF-8

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
STARTED=$(date +%s%N)
WORK=
KEEP=
WHERE=

# Seconds since the script began, with one digit after the point.
elapsed() {
  local tenths=$((($(date +%s%N) - STARTED) / 100000000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# One line of the story.
say() {
  progress_end
  printf '%7s s  %s\n' "$(elapsed)" "$*"
}

die() {
  progress_end
  printf '%s: %s\n' "${NAME:-twinlog}" "$*" >&2
  WHERE=
  exit 1
}

# A line that the next one replaces; only where somebody watches.
progress() {
  [ -t 1 ] || return 0
  printf '\r\033[K%7s s  ... %s' "$(elapsed)" "$*"
  PROGRESS=1
}

progress_end() {
  [ -z "${PROGRESS:-}" ] || printf '\r\033[K'
  PROGRESS=
}

# begin NAME: makes $WORK, and sees to it that everything is undone at the end, however it comes.
begin() {
  NAME=$1
  # A script that runs in another one is found by the other one's mark, too.
  MARK=${TWINLOG_MARK:+$TWINLOG_MARK/}$NAME.$$
  export TWINLOG_MARK=$MARK
  # For a command that fails where nobody expects it; a script must not end without a word.
  trap 'WHERE="${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR
  trap 'finish $?' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  WORK=$(mktemp -d "${TWINLOG_TMPDIR:-/var/tmp}/twinlog-$NAME.XXXXXX")
}

finish() {
  trap '' INT TERM HUP
  trap - ERR
  progress_end
  [ "$1" = 0 ] || [ "$1" -ge 128 ] || [ -z "$WHERE" ] || printf '%s: failed at %s\n' "$NAME" "$WHERE" >&2
  # A script that ends by itself has said what there is to say.
  [ "$1" -lt 128 ] || printf '%s: interrupted, cleaning up\n' "$NAME" >&2
  if [ -n "$KEEP" ] && [ "$1" -lt 128 ]; then
    local pids
    pids=$(marked)
    printf '%s: kept as it is: %s (processes: %s)\n' "$NAME" "$WORK" "${pids//$'\n'/ }"
    exit "$1"
  fi
  sweep
  exit "$1"
}

# The processes that carry our mark. This shell itself does not: a process's environment is shown as
# it was when its program began.
marked() {
  local environ pid
  for environ in /proc/[0-9]*/environ; do
    pid=${environ#/proc/}
    pid=${pid%/environ}
    # A zombie has no environment left, so all that are found run.
    if grep -qzF "TWINLOG_MARK=$MARK" "$environ" 2>/dev/null; then
      printf '%s\n' "$pid"
    fi
  done
}

# Our mounts, the latest first.
mounts() {
  awk -v dir="$WORK/" 'index($2, dir) == 1 { print $2 }' /proc/self/mounts | tac
}

# Our loop devices.
loops() {
  losetup --list --noheadings --output NAME,BACK-FILE 2>/dev/null |
    awk -v dir="$WORK/" 'index($2, dir) == 1 { print $1 }'
}

# Undoes everything under $WORK; idempotent, and does not hang on a device that no longer answers.
sweep() {
  [ -n "$WORK" ] && [ -d "$WORK" ] || return 0
  local path
  # File systems first, while what is below them still answers; bounded, as umount may block.
  for path in $(mounts); do
    unmount "$path" || true
  done
  detach_loops
  end_all TERM || end_all KILL || true
  for path in $(mounts); do
    umount -l "$path" 2>/dev/null || true
  done
  detach_loops
  rm -rf --one-file-system "$WORK"
}

detach_loops() {
  local path
  for path in $(loops); do
    losetup -d "$path" 2>/dev/null || true
  done
}

# unmount PATH: unmounts, if that takes no longer than 10 s.
unmount() {
  umount "$1" 2>/dev/null &
  local pid=$!
  within 10 gone "$pid" && wait "$pid"
}

# end_all SIGNAL: signals all our processes and waits up to 5 s for their end.
end_all() {
  local pids
  pids=$(marked)
  [ -n "$pids" ] || return 0
  # shellcheck disable=SC2086
  kill -"$1" $pids 2>/dev/null || true
  within 5 none_marked
}

none_marked() {
  [ -z "$(marked)" ]
}

# gone PID: whether a process has ended. Our own ended children stay as zombies until waited for.
gone() {
  local state
  state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || true
  [ -z "$state" ] || [ "$state" = Z ]
}

# end PID...: ends processes of ours and waits until they have ended.
end() {
  local pid
  for pid in "$@"; do
    kill -TERM "$pid" 2>/dev/null || true
  done
  for pid in "$@"; do
    within 10 gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}

# within SECONDS COMMAND...: waits until the command succeeds; fails after that many seconds.
within() {
  local deadline=$(($(date +%s%N) + $1 * 1000000000))
  shift
  until "$@"; do
    [ "$(date +%s%N)" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

# attend COMMAND...: runs a long command so that a signal to this shell ends it at once. A shell that
# waits for a foreground command handles its signals only afterwards.
attend() {
  "$@" &
  wait $!
}

need_root() {
  [ "$(id -u)" = 0 ] || die "needs root (mounts, loop devices); try: sudo $0"
}
