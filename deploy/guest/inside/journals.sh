# The device as it is, written and read back; ext4 on it as a whole; then ext4, XFS, JFS and ReiserFS,
# each with its data on a RAM disk and its journal on the device under test: made, mounted, written
# with fsync, unmounted, mounted again, compared, checked. No kernel may see an I/O error meanwhile.
#   DEVICE=nbd:ADDRESS:PORT:EXPORT or aoe:SHELF.SLOT
set -e
trap 'echo "failed at line $LINENO"' ERR
source /test/attach.sh

say() { echo "== $*"; }

attach
modprobe brd rd_nr=1 rd_size=393216
DATA=/dev/ram0
dmesg -c >/dev/null

# Some files, synced, some of them removed and renamed.
load() {
  local i
  for ((i = 0; i < 30; i++)); do
    dd if=/dev/urandom of="/mnt/f$i" bs=8k count=$((i % 7 + 1)) conv=fsync 2>/dev/null
  done
  rm -f /mnt/f1?
  mkdir /mnt/d
  mv /mnt/f2? /mnt/d/
  (cd /mnt && find . -type f | sort | xargs md5sum) >/tmp/sums
}

writes() {
  awk '{ print $5 }' "/sys/dev/block/$((0x$(stat -c %t "$JOURNAL"))):$((0x$(stat -c %T "$JOURNAL")))/stat"
}

# use TYPE OPTIONS
use() {
  local before
  before=$(writes)
  mount -t "$1" -o "$2" $DATA /mnt
  load
  umount /mnt
  mount -t "$1" -o "$2" $DATA /mnt
  (cd /mnt && md5sum -c /tmp/sums >/tmp/compared) || { cat /tmp/compared; exit 1; }
  umount /mnt
  [ "$(writes)" -gt "$before" ] || { echo "$1 wrote nothing to its journal"; exit 1; }
  say "$1: $(($(writes) - before)) writes to the journal, all files as written"
}

# Past the page cache in both directions, and at both ends of the device.
raw() {
  local offset
  dd if=/dev/urandom of=/tmp/random bs=64k count=64 2>/dev/null
  for offset in 0 $((($(blockdev --getsize64 "$JOURNAL") >> 16) - 64)); do
    dd if=/tmp/random of="$JOURNAL" bs=64k seek="$offset" oflag=direct 2>/dev/null
    dd if="$JOURNAL" bs=64k skip="$offset" count=64 iflag=direct 2>/dev/null | cmp - /tmp/random
  done
  say "dd: 4 MiB at both ends read back as written"
}

# whole: ext4 on the device itself.
whole() {
  mke2fs -q -F -t ext4 -b 4096 "$JOURNAL"
  mount -t ext4 "$JOURNAL" /mnt
  load
  umount /mnt
  blockdev --flushbufs "$JOURNAL"
  mount -t ext4 "$JOURNAL" /mnt
  (cd /mnt && md5sum -c /tmp/sums >/tmp/compared) || { cat /tmp/compared; exit 1; }
  umount /mnt
  e2fsck -fn "$JOURNAL"
  say "ext4 on the device: all files as written"
}

wipe() {
  dd if=/dev/zero of="$JOURNAL" bs=64k count=16 conv=fsync 2>/dev/null
  dd if=/dev/zero of=$DATA bs=64k count=16 2>/dev/null
}

raw
whole

wipe
mke2fs -q -F -O journal_dev -b 4096 "$JOURNAL"
mke2fs -q -F -t ext4 -b 4096 -J device="$JOURNAL" $DATA
use ext4 defaults
e2fsck -fn -j "$JOURNAL" $DATA

wipe
mkfs.xfs -q -f -l logdev="$JOURNAL" $DATA
use xfs logdev="$JOURNAL"
xfs_repair -n -l "$JOURNAL" $DATA >/tmp/check 2>&1 || { cat /tmp/check; exit 1; }

wipe
mkfs.jfs -q -J journal_dev "$JOURNAL"
mkfs.jfs -q -J device="$JOURNAL" $DATA
use jfs defaults
fsck.jfs -fn -j "$JOURNAL" $DATA || [ $? -le 1 ]

wipe
mkreiserfs -q -ff --format 3.6 -j "$JOURNAL" $DATA >/tmp/made 2>&1 || { cat /tmp/made; exit 1; }
use reiserfs jdev="$JOURNAL"
reiserfsck -q -y --check -j "$JOURNAL" $DATA >/tmp/check 2>&1 || { cat /tmp/check; exit 1; }

if dmesg | grep -iE 'i/o error|aborting journal|remounting'; then
  echo "the kernel saw an error"
  exit 1
fi
detach
say "all journals work"
