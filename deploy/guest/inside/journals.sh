# ext4, XFS, JFS and ReiserFS, each with its data on a RAM disk and its journal on the device under
# test: made, mounted, written with fsync, unmounted, mounted again, compared, checked.
#   DEVICE=nbd:ADDRESS:PORT:EXPORT or aoe:SHELF.SLOT
set -e
trap 'echo "failed at line $LINENO"' ERR
source /test/attach.sh

say() { echo "== $*"; }

attach
modprobe brd rd_nr=1 rd_size=393216
DATA=/dev/ram0

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

wipe() {
  dd if=/dev/zero of="$JOURNAL" bs=64k count=16 conv=fsync 2>/dev/null
  dd if=/dev/zero of=$DATA bs=64k count=16 2>/dev/null
}

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

detach
say "all journals work"
