# shellcheck shell=bash
# The guest: Debian's kernel, and an initial RAM disk with the modules and programs that the tests
# need. Programs come from this machine with the libraries they are linked to, so guest and host
# speak of the same versions; only the kernel is downloaded, and nothing of it is installed.

GUEST_PACKAGES=(qemu-system-x86 busybox-static cpio kmod xz-utils zstd iproute2 iputils-arping nbd-client
  nbdkit aoetools e2fsprogs xfsprogs jfsutils reiserfsprogs util-linux mount libnbd-bin jq)

GUEST_KERNEL=linux-image-amd64
GUEST_MODULES=(virtio_pci virtio_net virtio_rng nbd aoe brd ext4 xfs jfs reiserfs crc32c_generic)
GUEST_PROGRAMS=(bash busybox kmod ip blockdev mount umount nbd-client nbdkit mke2fs e2fsck tune2fs dumpe2fs
  mkfs.xfs xfs_repair xfs_db mkfs.jfs fsck.jfs mkreiserfs reiserfsck)

# What nbdkit loads, below the folder that it was built for.
GUEST_NBDKIT=(plugins/nbdkit-nbd-plugin.so filters/nbdkit-retry-filter.so)

IMAGE=$ROOT/deploy/target/guest

# Makes $IMAGE/kernel and $IMAGE/initrd when they are not there or older than this file or the init.
guest_image() {
  local source
  for source in "$ROOT/deploy/guest/image.sh" "$ROOT/deploy/guest/inside/init"; do
    [ "$IMAGE/initrd" -nt "$source" ] || { make_image && return 0; }
  done
}

make_image() {
  local root=$WORK/guest-root
  say "making the guest: Debian's kernel and this machine's programs"
  mkdir -p "$IMAGE" "$WORK/guest-deb" "$root"/{bin,dev,etc,lib,mnt,proc,run,sys,test,tmp}
  download_kernel
  guest_modules "$root"
  guest_programs "$root"
  command install -m 755 "$ROOT/deploy/guest/inside/init" "$root/init"
  (cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$WORK/initrd"
  mv "$WORK/kernel" "$IMAGE/kernel"
  mv "$WORK/initrd" "$IMAGE/initrd"
  say "made: kernel $RELEASE, $(($(stat -c %s "$IMAGE/initrd") >> 20)) MiB of programs and modules"
}

# Sets RELEASE.
download_kernel() {
  local package=$GUEST_KERNEL next
  # A meta package names the real one.
  while next=$(apt-cache depends "$package" | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1) && [ -n "$next" ]; do
    package=$next
  done
  (cd "$WORK/guest-deb" && attend apt-get -qq -o APT::Sandbox::User=root download "$package") >"$WORK/apt.log" 2>&1 ||
    { tail -n 5 "$WORK/apt.log" >&2; die "could not download $package; try: apt-get update"; }
  dpkg-deb -x "$WORK/guest-deb/$package"_*.deb "$WORK/guest-deb/root"
  RELEASE=$(ls "$WORK/guest-deb/root/lib/modules")
  unpack_kernel "$WORK/guest-deb/root/boot/vmlinuz-$RELEASE"
}

# The kernel proper: its own unpacking takes seconds on an emulated processor.
unpack_kernel() {
  local magic tool at
  while read -r magic tool; do
    at=$(grep -aboP "$magic" "$1" | head -n 1 | cut -d: -f1) || true
    [ -n "$at" ] || continue
    # What follows the packed kernel is no part of it, and the tools say so.
    tail -c "+$((at + 1))" "$1" | "$tool" -dc >"$WORK/kernel" 2>/dev/null || true
    [ "$(head -c 4 "$WORK/kernel" | od -An -tx1)" = " 7f 45 4c 46" ] && return 0
  done <<'MAGIC'
\xfd7zXZ\x00 xz
\x28\xb5\x2f\xfd zstd
MAGIC
  cp "$1" "$WORK/kernel"
}

guest_modules() {
  local from=$WORK/guest-deb/root file
  depmod -b "$from" "$RELEASE"
  mkdir -p "$1/lib/modules/$RELEASE"
  modprobe -d "$from" -S "$RELEASE" --show-depends -a "${GUEST_MODULES[@]}" | awk '/^insmod/ { print $2 }' | sort -u >"$WORK/modules"
  while read -r file; do
    command install -D -m 644 "$file" "$1/lib/modules/$RELEASE/${file##*"/$RELEASE/"}"
  done <"$WORK/modules"
  cp "$from/lib/modules/$RELEASE"/modules.{order,builtin,builtin.modinfo} "$1/lib/modules/$RELEASE/"
  depmod -b "$1" "$RELEASE"
}

guest_programs() {
  local root=$1 program path name
  for program in "${GUEST_PROGRAMS[@]}"; do
    path=$(PATH=$PATH:/usr/sbin:/sbin command -v "$program") || die "no $program on this machine"
    cp -L "$path" "$root/bin/$program"
    libraries_of "$path"
  done
  path=$(nbdkit --dump-config | sed -n 's/^libdir=//p')/nbdkit
  for name in "${GUEST_NBDKIT[@]}"; do
    command install -D -m 755 "$path/$name" "$root$path/$name"
    libraries_of "$path/$name"
  done
  for name in $("$root/bin/busybox" --list); do
    [ -e "$root/bin/$name" ] || ln -s busybox "$root/bin/$name"
  done
  for name in modprobe insmod lsmod; do
    ln -sf kmod "$root/bin/$name"
  done
  for name in sbin usr/bin usr/sbin; do
    mkdir -p "$root/$(dirname "$name")"
    ln -s /bin "$root/$name"
  done
  printf 'root:x:0:0:root:/:/bin/sh\n' >"$root/etc/passwd"
  ln -s /proc/self/mounts "$root/etc/mtab"
}

# libraries_of FILE: copies to $root what the file is linked to.
libraries_of() {
  local library
  # A static program has no libraries, and ldd fails.
  { ldd "$1" 2>/dev/null || true; } | grep -oE '/[^ ]+\.so[^ ]*' >"$WORK/libraries" || true
  while read -r library; do
    [ -e "$root$library" ] || command install -D -m 755 "$(readlink -f "$library")" "$root$library"
  done <"$WORK/libraries"
}
