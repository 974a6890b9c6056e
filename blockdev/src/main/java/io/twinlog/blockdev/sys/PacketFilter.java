package io.twinlog.blockdev.sys;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Which frames the kernel passes to a packet socket: all of a list of conditions on fixed places of
 * the frame. A classic BPF program (linux/filter.h): each condition loads a value and jumps to the
 * program's end, which drops the frame, unless it is as wanted.
 */
public final class PacketFilter {

  // linux/bpf_common.h
  private static final int LD_ABS = 0x20;
  private static final int SIZE_WORD = 0x00;
  private static final int SIZE_HALF = 0x08;
  private static final int SIZE_BYTE = 0x10;
  private static final int AND_CONSTANT = 0x54;
  private static final int JUMP_EQUAL = 0x15;
  private static final int RETURN = 0x06;

  private static final int INSTRUCTION_BYTES = 8;
  private static final int WHOLE_FRAME = 0xffff_ffff;

  /** One instruction; a jump of -1 is to the dropping end. */
  private record Instruction(int code, int ifTrue, int ifFalse, int constant) {}

  private static final int DROP = -1;

  private final List<Instruction> program = new ArrayList<>();

  /** The bits of {@code mask} in the byte at {@code offset} are those of {@code value}. */
  public PacketFilter byteIs(int offset, int mask, int value) {
    program.add(new Instruction(LD_ABS | SIZE_BYTE, 0, 0, offset));
    program.add(new Instruction(AND_CONSTANT, 0, 0, mask));
    program.add(new Instruction(JUMP_EQUAL, 0, DROP, value));
    return this;
  }

  /** The byte at {@code offset} is one of two. */
  public PacketFilter byteIsEither(int offset, int value, int other) {
    return isEither(LD_ABS | SIZE_BYTE, offset, value, other);
  }

  /** The big-endian two bytes at {@code offset} are one of two values. */
  public PacketFilter halfIsEither(int offset, int value, int other) {
    return isEither(LD_ABS | SIZE_HALF, offset, value, other);
  }

  private PacketFilter isEither(int load, int offset, int value, int other) {
    program.add(new Instruction(load, 0, 0, offset));
    program.add(new Instruction(JUMP_EQUAL, 1, 0, value));
    program.add(new Instruction(JUMP_EQUAL, 0, DROP, other));
    return this;
  }

  /**
   * The six bytes at {@code offset} are one of two addresses.
   *
   * @param value in the lower 48 bits
   */
  public PacketFilter addressIsEither(int offset, long value, long other) {
    program.add(new Instruction(LD_ABS | SIZE_WORD, 0, 0, offset));
    program.add(new Instruction(JUMP_EQUAL, 0, 2, (int) (value >> 16)));
    program.add(new Instruction(LD_ABS | SIZE_HALF, 0, 0, offset + 4));
    program.add(new Instruction(JUMP_EQUAL, 4, 0, (int) value & 0xffff));
    program.add(new Instruction(LD_ABS | SIZE_WORD, 0, 0, offset));
    program.add(new Instruction(JUMP_EQUAL, 0, DROP, (int) (other >> 16)));
    program.add(new Instruction(LD_ABS | SIZE_HALF, 0, 0, offset + 4));
    program.add(new Instruction(JUMP_EQUAL, 0, DROP, (int) other & 0xffff));
    return this;
  }

  /** An array of {@code struct sock_filter}. */
  ByteBuffer encode() {
    int instructions = program.size() + 2;
    ByteBuffer code =
        ByteBuffer.allocateDirect(instructions * INSTRUCTION_BYTES).order(ByteOrder.nativeOrder());
    for (int i = 0; i < program.size(); i++) {
      Instruction instruction = program.get(i);
      int drop = instructions - 1 - (i + 1);
      put(
          code,
          instruction.code(),
          instruction.ifTrue(),
          instruction.ifFalse() == DROP ? drop : instruction.ifFalse(),
          instruction.constant());
    }
    put(code, RETURN, 0, 0, WHOLE_FRAME);
    put(code, RETURN, 0, 0, 0);
    return code;
  }

  private static void put(ByteBuffer code, int operation, int ifTrue, int ifFalse, int constant) {
    code.putShort((short) operation).put((byte) ifTrue).put((byte) ifFalse).putInt(constant);
  }
}
