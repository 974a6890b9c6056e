package io.twinlog.replication.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FrameWriterTest {

  private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  @Test
  void shouldWriteThePayloadItselfWhenAWriteIsSent() {
    FrameWriter writer =
        new FrameWriter(channel.pipeline().context(ChannelInboundHandlerAdapter.class));
    ByteBuf payload = PooledByteBufAllocator.DEFAULT.directBuffer().writeZero(4096);
    writer.write(FrameType.WRITE, 1, 1, 0, payload.retainedSlice());
    writer.write(FrameType.WRITE, 1, 2, 0, payload.retainedSlice());
    channel.flush();
    ByteBuf firstHeader = channel.readOutbound();
    ByteBuf firstPayload = channel.readOutbound();
    ByteBuf secondHeader = channel.readOutbound();
    ByteBuf secondPayload = channel.readOutbound();
    assertEquals(FrameHeader.BYTES, firstHeader.readableBytes());
    assertEquals(payload.memoryAddress(), firstPayload.memoryAddress());
    assertEquals(payload.memoryAddress(), secondPayload.memoryAddress());
    // Headers share one buffer, which lives until its last slice is written.
    assertEquals(firstHeader.memoryAddress() + FrameHeader.BYTES, secondHeader.memoryAddress());
    writer.close();
    assertTrue(secondHeader.isReadable());
    firstHeader.release();
    secondHeader.release();
    firstPayload.release();
    secondPayload.release();
    assertEquals(0, firstHeader.refCnt());
    assertEquals(1, payload.refCnt());
    payload.release();
  }

  @Test
  void shouldReleaseThePayloadWhenAFrameIsNotAllowed() {
    FrameWriter writer =
        new FrameWriter(channel.pipeline().context(ChannelInboundHandlerAdapter.class));
    ByteBuf payload = Unpooled.buffer().writeZero(256 << 10);
    assertThrows(
        IllegalArgumentException.class, () -> writer.write(FrameType.BLOCKS, 1, 0, 0, payload));
    assertEquals(0, payload.refCnt());
    writer.close();
  }
}
