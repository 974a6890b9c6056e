# shellcheck shell=bash
# NBD exports as block devices of this kernel, without its nbd module: nbdfuse makes a file of an
# export, and a loop device makes a block device of the file.

need_kernel() {
  [ -c /dev/fuse ] || modprobe fuse 2>/dev/null || die "needs /dev/fuse (the kernel's fuse module)"
  [ -c /dev/loop-control ] || modprobe loop 2>/dev/null ||
    die "needs loop devices (the kernel's loop module)"
}

# attach NAME URI: sets DEVICE.
attach() {
  local dir=$WORK/$1 pid
  mkdir -p "$dir"
  nbdfuse "$dir/disk" "$2" >>"$WORK/nbdfuse.log" 2>&1 </dev/null &
  pid=$!
  if ! within 10 file_or_ended "$dir/disk" "$pid" || gone "$pid"; then
    tail -n 5 "$WORK/nbdfuse.log" >&2
    die "nbdfuse could not attach $2"
  fi
  # Direct: no second cache between this device and the export.
  loop "$dir/disk" --direct-io=on
}

file_or_ended() {
  gone "$2" || [ -e "$1" ]
}

# loop FILE [OPTION]: sets DEVICE.
loop() {
  DEVICE=$(losetup --find --show "${@:2}" "$1") || die "losetup failed for $1"
}

# detach NAME DEVICE: takes the device and the file away, whether or not the export still answers.
detach() {
  losetup -d "$2"
  unmount "$WORK/$1" || umount -l "$WORK/$1"
}
