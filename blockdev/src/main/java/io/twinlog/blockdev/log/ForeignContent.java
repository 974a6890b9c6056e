package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Recognises what else a shelf may hold, by the magic numbers that {@code blkid} goes by, too. */
final class ForeignContent {

  /** How much of the beginning of a shelf is looked at. */
  static final int PROBE_BYTES = 128 << 10;

  private record Signature(String name, int offset, String bytes) {}

  private static final List<Signature> SIGNATURES =
      List.of(
          new Signature("an ext2, ext3 or ext4 file system or journal", 1080, "S\u00EF"),
          new Signature("an XFS file system", 0, "XFSB"),
          new Signature("an LVM physical volume", 512, "LABELONE"),
          new Signature("an LVM physical volume", 0, "LABELONE"),
          new Signature("an LVM physical volume", 1024, "LABELONE"),
          new Signature("an LVM physical volume", 1536, "LABELONE"),
          new Signature("a disk with a GPT partition table", 512, "EFI PART"),
          new Signature("a disk with a GPT partition table", 4096, "EFI PART"),
          new Signature("a LUKS volume", 0, "LUKS\u00BA\u00BE"),
          new Signature("swap space", 4086, "SWAPSPACE2"),
          new Signature("a btrfs file system", 65600, "_BHRfS_M"),
          new Signature("a disk with an MBR partition table or boot sector", 510, "U\u00AA"));

  private ForeignContent() {}

  /** What the shelf looks like, such as "an XFS file system"; null when that is not known. */
  static String describe(ByteBuffer beginning) {
    for (Signature signature : SIGNATURES) {
      ByteBuffer bytes = ByteBuffer.wrap(signature.bytes().getBytes(StandardCharsets.ISO_8859_1));
      int end = signature.offset() + bytes.remaining();
      if (end <= beginning.limit()
          && beginning.slice(signature.offset(), bytes.remaining()).equals(bytes)) {
        return signature.name();
      }
    }
    return null;
  }
}
