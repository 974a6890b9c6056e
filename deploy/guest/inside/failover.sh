# ext4 with its journal, and what passes through it, on the device under test; the primary is killed
# while files are written. There may be a pause and no I/O error, and all that was synced is there.
#   DEVICE as for journals; COMMITS how many files to sync
set -e
trap 'echo "failed at line $LINENO"; dmesg | tail -n 20' ERR
source /test/attach.sh

attach
modprobe brd rd_nr=1 rd_size=131072
DATA=/dev/ram0
mke2fs -q -F -O journal_dev -b 4096 "$JOURNAL"
mke2fs -q -F -t ext4 -b 4096 -J device="$JOURNAL" $DATA
mount -t ext4 -o data=journal $DATA /mnt
dmesg -c >/dev/null

longest=0
for ((i = 1; i <= COMMITS; i++)); do
  read -r before _ </proc/uptime
  dd if=/dev/urandom of="/mnt/f$i" bs=4k count=1 conv=fsync 2>/dev/null
  md5sum "/mnt/f$i" >>/tmp/sums
  read -r after _ </proc/uptime
  took=$((10#${after/./} - 10#${before/./}))
  [ "$took" -le "$longest" ] || longest=$took
  [ $((i % 50)) != 0 ] || echo "synced $i"
done
echo "longest pause: $((longest * 10)) ms"

if dmesg | grep -iE 'i/o error|aborting journal|remounting'; then
  echo "the kernel saw an error"
  exit 1
fi
umount /mnt
blockdev --flushbufs "$JOURNAL"
mount -t ext4 $DATA /mnt
md5sum -c /tmp/sums >/tmp/compared 2>&1 || { grep -v OK /tmp/compared; exit 1; }
umount /mnt
e2fsck -fn -j "$JOURNAL" $DATA
detach
echo "all $COMMITS files are as they were synced"
