package io.twinlog.replication.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FrameDecoderTest {

  private final List<String> frames = new ArrayList<>();
  private final ByteBufAllocator allocator = UnpooledByteBufAllocator.DEFAULT;
  private FrameDecoder decoder = decoder(allocator);

  private FrameDecoder decoder(ByteBufAllocator with) {
    return new FrameDecoder(with, Frames.DEVICE, this::record);
  }

  private void record(FrameHeader header, ByteBuf payload) {
    // Copied out at once: a leak-tracking buffer records every single access.
    String content = payload == null ? "" : ByteBufUtil.hexDump(ByteBufUtil.getBytes(payload));
    frames.add(header.type() + " " + header.number() + " " + content);
  }

  @AfterEach
  void close() {
    decoder.close();
  }

  @Test
  void shouldGiveNothingWhenAFrameIsTruncatedAtAnyByte() throws Exception {
    ByteBuf frame = Frames.write(1, 0, Frames.bytes(100, 1));
    for (int length = 0; length < frame.readableBytes(); length++) {
      FrameDecoder truncated = decoder(allocator);
      ByteBuf part = frame.copy(0, length);
      truncated.feed(part);
      assertEquals(List.of(), frames);
      truncated.close();
      assertEquals(0, part.refCnt());
    }
  }

  @Test
  void shouldGiveEveryFrameWhenBytesComeOneByOne() throws Exception {
    ByteBuf stream =
        Unpooled.wrappedBuffer(
            Frames.write(1, 0, Frames.bytes(100, 1)),
            Frames.confirm(2),
            Frames.write(3, 4096, Frames.bytes(0, 1)),
            Frames.write(4, 512, Frames.bytes(33, 2)));
    while (stream.isReadable()) {
      decoder.feed(stream.readBytes(1));
    }
    assertEquals(expected(), frames);
  }

  @Test
  void shouldGiveEveryFrameWhenAllComeAtOnce() throws Exception {
    decoder.feed(
        Unpooled.copiedBuffer(
            Frames.write(1, 0, Frames.bytes(100, 1)),
            Frames.confirm(2),
            Frames.write(3, 4096, Frames.bytes(0, 1)),
            Frames.write(4, 512, Frames.bytes(33, 2))));
    assertEquals(expected(), frames);
  }

  private static List<String> expected() {
    return List.of(
        "WRITE 1 " + ByteBufUtil.hexDump(Frames.bytes(100, 1)),
        "CONFIRM 2 ",
        "WRITE 3 ",
        "WRITE 4 " + ByteBufUtil.hexDump(Frames.bytes(33, 2)));
  }

  @Test
  void shouldRefuseWhenAnySingleBitIsFlipped() {
    ByteBuf frame = Frames.write(1, 0, Frames.bytes(64, 1));
    // Behind it lie zeros, so that a longer length would find its bytes.
    ByteBuf stream = Unpooled.wrappedBuffer(frame, Unpooled.buffer(4096).writeZero(4096));
    for (int bit = 0; bit < frame.readableBytes() * 8; bit++) {
      ByteBuf flipped = stream.copy();
      flipped.setByte(bit / 8, flipped.getByte(bit / 8) ^ 1 << bit % 8);
      FrameDecoder fresh = decoder(allocator);
      assertThrows(FrameException.class, () -> fresh.feed(flipped), "bit " + bit);
      fresh.close();
      assertEquals(0, flipped.refCnt());
    }
    assertEquals(List.of(), frames);
  }

  @Test
  void shouldHandOnTheReadBufferItselfWhenTheFrameLiesInIt() throws Exception {
    ByteBuf read = PooledByteBufAllocator.DEFAULT.directBuffer();
    read.writeBytes(Frames.write(1, 0, Frames.bytes(4096, 1)));
    List<Long> addresses = new ArrayList<>();
    decoder =
        new FrameDecoder(
            allocator, Frames.DEVICE, (header, payload) -> addresses.add(payload.memoryAddress()));
    long expected = read.memoryAddress() + FrameHeader.BYTES;
    decoder.feed(read);
    assertEquals(List.of(expected), addresses);
    assertEquals(0, read.refCnt());
  }

  @Test
  void shouldHandOnTheReadBuffersThemselvesWhenTheFrameSpansThem() throws Exception {
    ByteBuf frame = Frames.write(1, 0, Frames.bytes(60_000, 1));
    ByteBuf first = PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(frame, 30_000);
    ByteBuf second = PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(frame);
    List<Long> addresses = new ArrayList<>();
    decoder =
        new FrameDecoder(
            allocator,
            Frames.DEVICE,
            (header, payload) -> {
              CompositeByteBuf parts = (CompositeByteBuf) payload;
              parts.forEach(part -> addresses.add(part.memoryAddress()));
            });
    List<Long> expected =
        List.of(first.memoryAddress() + FrameHeader.BYTES, second.memoryAddress());
    decoder.feed(first);
    decoder.feed(second);
    assertEquals(expected, addresses);
    assertEquals(0, first.refCnt());
    assertEquals(0, second.refCnt());
  }

  @Test
  void shouldHoldOnlyWhatArrivedWhenAHeaderClaimsMuchAndBytesTrickle() throws Exception {
    UnpooledByteBufAllocator counting = new UnpooledByteBufAllocator(true);
    decoder = decoder(counting);
    ByteBuf frame = Frames.write(1, 0, Frames.bytes(32 << 20, 1));
    long before = counting.metric().usedDirectMemory();
    // Each byte comes in a read buffer of 64 KiB.
    for (int i = 0; i < 2000; i++) {
      ByteBuf read = counting.directBuffer(64 << 10, 64 << 10);
      decoder.feed(read.writeByte(frame.getByte(i)));
    }
    long held = counting.metric().usedDirectMemory() - before;
    assertTrue(held < 2 << 20, held + " bytes held for 2000");
    decoder.feed(counting.directBuffer().writeBytes(frame, 2000, frame.readableBytes() - 2000));
    assertEquals(1, frames.size());
    assertTrue(frames.get(0).endsWith(ByteBufUtil.hexDump(frame, frame.writerIndex() - 8, 8)));
    assertEquals(before, counting.metric().usedDirectMemory());
  }

  @Test
  void shouldEndInAFrameExceptionAtWorstWhenFedWithRandomChanges() {
    for (long seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      UnpooledByteBufAllocator counting = new UnpooledByteBufAllocator(true);
      FrameDecoder fuzzed = decoder(counting);
      ByteBuf stream = Unpooled.buffer();
      for (int i = random.nextInt(5); i >= 0; i--) {
        stream.writeBytes(Frames.write(i, 512, Frames.bytes(random.nextInt(600), seed)));
        stream.writeBytes(Frames.confirm(i));
      }
      for (int i = random.nextInt(4); i > 0; i--) {
        stream.setByte(random.nextInt(stream.readableBytes()), random.nextInt());
      }
      try {
        while (stream.isReadable()) {
          int length = 1 + random.nextInt(Math.min(300, stream.readableBytes()));
          fuzzed.feed(counting.directBuffer().writeBytes(stream, length));
        }
      } catch (FrameException expected) {
        // What a changed stream is for.
      }
      fuzzed.close();
      assertEquals(0, counting.metric().usedDirectMemory(), "leak with seed " + seed);
    }
  }

  @Test
  void shouldIgnoreTheRestWhenClosedInsideAFrame() throws Exception {
    FrameDecoder[] self = new FrameDecoder[1];
    List<Long> numbers = new ArrayList<>();
    self[0] =
        new FrameDecoder(
            allocator,
            Frames.DEVICE,
            (header, payload) -> {
              numbers.add(header.number());
              self[0].close();
            });
    ByteBuf read = Unpooled.copiedBuffer(Frames.confirm(1), Frames.confirm(2));
    self[0].feed(read);
    assertEquals(List.of(1L), numbers);
    assertEquals(0, read.refCnt());
  }
}
