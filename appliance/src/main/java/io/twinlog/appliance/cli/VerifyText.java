package io.twinlog.appliance.cli;

import io.twinlog.appliance.text.Units;
import io.twinlog.proto.admin.Difference;
import io.twinlog.proto.admin.VerifyStatus;

/** A verify's progress, and what is known to differ, for a person. */
final class VerifyText {

  private VerifyText() {}

  /** Lines that end with a newline; nothing when there is nothing to say. */
  static void append(StringBuilder out, VerifyStatus verify) {
    if (verify.getRunning() && verify.getTotalBytes() > 0) {
      long percent = 100 * verify.getDoneBytes() / verify.getTotalBytes();
      out.append("    verify with the ").append(verify.getWith()).append(' ').append(percent);
      out.append("% ").append(Units.bytes(verify.getDoneBytes())).append(" of ");
      out.append(Units.bytes(verify.getTotalBytes())).append(", ");
      out.append(Units.bytes(verify.getBytesPerSecond())).append("/s\n");
    }
    if (verify.getDifferingBytes() > 0) {
      out.append("    differs: ").append(Units.bytes(verify.getDifferingBytes()));
      String separator = " in ";
      for (Difference difference : verify.getDifferencesList()) {
        out.append(separator).append(difference.getCopy()).append(" at ");
        out.append(difference.getOffsetBytes()).append('+').append(difference.getLengthBytes());
        separator = ", ";
      }
      out.append('\n');
    }
  }
}
