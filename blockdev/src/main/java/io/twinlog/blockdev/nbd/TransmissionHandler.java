package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.BlockService;
import io.twinlog.blockdev.RamDevice;
import java.util.ArrayDeque;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A connection in the transmission phase; everything happens on the loop of its export.
 *
 * <p>Back-pressure: while a request finds no room ({@link Admission}) or the client does not read
 * its replies, nothing is read from the socket. An answer never leads straight to the next request:
 * that is a task of its own, so the device is never called from inside one of its own calls.
 */
final class TransmissionHandler extends ChannelInboundHandlerAdapter
    implements RequestDecoder.Sink {

  private final Channel channel;
  private final ServedExport export;
  private final BlockService service;
  private final RequestHeader header = new RequestHeader();
  private final RequestDecoder decoder;
  private final Admission admission;
  private final ReplyQueue replies;
  private final ReplyEncoder encoder;
  private final HangUp hangUp;
  private final StallWatch stallWatch;
  private final ArrayDeque<ByteBuf> input = new ArrayDeque<>();
  private final ArrayDeque<NbdRequest> freeRequests = new ArrayDeque<>();
  private final Runnable resumeTask = this::resume;
  private final ScheduledFuture<?> stallTimer;
  private boolean reading;
  private boolean resumeScheduled;
  private boolean disconnecting;
  private boolean over;

  TransmissionHandler(Channel channel, Session session, NbdLimits limits) {
    this.channel = channel;
    this.export = session.export();
    this.service = export.export().service();
    this.admission = new Admission(export.export().budget(), limits, this::scheduleResume);
    this.replies = new ReplyQueue(channel, admission::releaseBytes);
    this.encoder = new ReplyEncoder(replies, session.structuredReplies());
    this.hangUp = new HangUp(channel);
    RequestRules rules =
        new RequestRules(service.sizeBytes(), session.structuredReplies(), session.blockStatus());
    this.decoder = new RequestDecoder(header, rules, channel.alloc(), this);
    this.stallWatch = new StallWatch(decoder.payloads(), replies, admission);
    if (channel.config().getRecvByteBufAllocator() instanceof ReceiveBuffers buffers) {
      buffers.borrowFrom(decoder.payloads()::lend);
    }
    long stallNanos = limits.stallTimeout().toNanos();
    this.stallTimer =
        channel
            .eventLoop()
            .scheduleWithFixedDelay(
                this::closeIfStalled, stallNanos, stallNanos, TimeUnit.NANOSECONDS);
  }

  /** Takes the client in; {@code firstBytes}, owned from here on, came after the last option. */
  void begin(ByteBuf firstBytes) {
    export.add(this);
    input.add(firstBytes);
    pump(false);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf buffer = (ByteBuf) message;
    if (over) {
      buffer.release();
      return;
    }
    reading = true;
    stallWatch.received(buffer.readableBytes());
    boolean lent = decoder.payloads().isLent(buffer);
    if (!lent) {
      input.add(buffer);
    }
    // Nothing was to be read now; it is when the other end has hung up.
    if (decoder.isBlocked() && hangUp.hasHappened()) {
      hungUp();
    } else {
      pump(lent);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    reading = false;
    replies.flush();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (channel.isWritable()) {
      scheduleResume();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    // After NBD_CMD_DISC a client may close its half and wait for the last replies.
    if (event instanceof ChannelInputShutdownEvent && !disconnecting) {
      close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    close();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ClientLog.failed(channel, cause);
    close();
  }

  @Override
  public boolean admit(int bytes) {
    return channel.isWritable() && admission.admit(bytes);
  }

  @Override
  public void submit(ByteBuf payload) {
    boolean empty = header.lengthBytes() == 0 && header.type() != Transmission.CMD_FLUSH;
    if (empty && header.type() == Transmission.CMD_READ) {
      encoder.emptyRead(header.cookie());
      answered();
    } else if (empty || header.type() == Transmission.CMD_CACHE) {
      // Nothing to do, or nothing left to do: all of the device is in RAM.
      encoder.acknowledge(header.cookie());
      answered();
    } else {
      NbdRequest request = freeRequests.isEmpty() ? new NbdRequest(this) : freeRequests.pop();
      request.fill(header, payload);
      service.submit(request);
    }
  }

  @Override
  public void refuse(NbdError error) {
    encoder.error(header.cookie(), error);
    answered();
  }

  @Override
  public void disconnect() {
    disconnecting = true;
    closeWhenAnswered();
  }

  @Override
  public boolean isOver() {
    return over || disconnecting;
  }

  /** The device is done with a request of this connection. */
  void completed(NbdRequest request, RamDevice ram) {
    if (request.hasNextPart()) {
      channel.eventLoop().execute(() -> submitNextPart(request));
      return;
    }
    int bytes = request.heldBytes();
    if (over) {
      admission.releaseBytes(bytes);
    } else if (request.command() == Command.READ) {
      encoder.answer(request, ram);
      replies.hold(bytes);
    } else {
      admission.releaseBytes(bytes);
      encoder.acknowledge(request.cookie());
    }
    recycle(request);
  }

  private void submitNextPart(NbdRequest request) {
    if (over) {
      recycle(request);
    } else {
      request.nextPart();
      service.submit(request);
    }
  }

  /** The device has refused a request of this connection. */
  void failed(NbdRequest request, BlockError error) {
    admission.releaseBytes(request.heldBytes());
    if (!over) {
      encoder.error(request.cookie(), NbdError.of(error, request.command()));
    }
    recycle(request);
  }

  /** The device has given up a request of this connection: nothing may be said about it. */
  void dropped(NbdRequest request) {
    close();
    admission.releaseBytes(request.heldBytes());
    recycle(request);
  }

  private void recycle(NbdRequest request) {
    freeRequests.push(request);
    answered();
  }

  private void answered() {
    admission.requestDone();
    if (!over && !reading) {
      replies.flushSoon();
    }
    if (disconnecting) {
      closeWhenAnswered();
    }
  }

  private void closeWhenAnswered() {
    if (!over && admission.requests() == 0) {
      replies.flush();
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
  }

  private void scheduleResume() {
    if (!over && !resumeScheduled && decoder.isBlocked()) {
      resumeScheduled = true;
      channel.eventLoop().execute(resumeTask);
    }
  }

  private void resume() {
    resumeScheduled = false;
    if (over) {
      return;
    }
    if (hangUp.hasHappened()) {
      hungUp();
    } else {
      pump(false);
    }
  }

  /** Decodes what has been read; reads on unless a request must wait. */
  private void pump(boolean lent) {
    try {
      if (lent) {
        decoder.decodeLent();
      }
      while (!over) {
        ByteBuf in = input.peek();
        decoder.decode(in == null ? Unpooled.EMPTY_BUFFER : in);
        if (over || decoder.isBlocked() || in == null) {
          break;
        }
        input.remove().release();
      }
    } catch (ProtocolViolation violation) {
      ClientLog.closing(channel, violation.getMessage());
      close();
    } catch (RuntimeException bug) {
      ClientLog.failed(channel, bug);
      close();
    }
    if (!over) {
      channel.config().setAutoRead(!decoder.isBlocked() && !disconnecting);
    }
  }

  private void hungUp() {
    ClientLog.gone(channel, "hung up; what it had sent is dropped");
    close();
  }

  private void closeIfStalled() {
    if (stallWatch.hasStalled()) {
      ClientLog.closing(channel, "it stalls while others wait");
      close();
    }
  }

  /** Closes at once; what is not answered, or not written, never will be. Idempotent. */
  void close() {
    if (over) {
      return;
    }
    over = true;
    stallTimer.cancel(false);
    export.remove(this);
    if (decoder.payloads().isCollecting()) {
      // Admitted, and never to become a request.
      admission.releaseBytes(header.lengthBytes());
    }
    decoder.close();
    input.forEach(ByteBuf::release);
    input.clear();
    admission.close();
    replies.close();
    var unused = channel.close();
  }
}
