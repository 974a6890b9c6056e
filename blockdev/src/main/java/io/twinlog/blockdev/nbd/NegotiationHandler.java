package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A connection in the handshake phase: answers options until the client has chosen an export, then
 * gives way to a {@link TransmissionHandler}. What depends on an export's role is asked and
 * answered on that export's loop; the channel moves there first.
 */
final class NegotiationHandler extends ChannelInboundHandlerAdapter implements OptionDecoder.Sink {

  private enum State {
    /** Options are answered. */
    OPEN,
    /** Options wait until the channel has moved to another loop. */
    MOVING,
    /** Nothing more is answered here. */
    OVER
  }

  private final Channel channel;
  private final ExportTable exports;
  private final NbdLimits limits;
  private final OptionDecoder decoder = new OptionDecoder(this);
  private final OptionReplies replies;
  private ByteBuf input = Unpooled.EMPTY_BUFFER;
  private State state = State.OPEN;
  private ScheduledFuture<?> timer;
  private boolean noZeroes;
  private boolean structuredReplies;
  private ServedExport metaContextExport;

  NegotiationHandler(Channel channel, ExportTable exports, NbdLimits limits) {
    this.channel = channel;
    this.exports = exports;
    this.limits = limits;
    this.replies = new OptionReplies(channel);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    replies.greeting();
    channel.flush();
    restartTimer();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf buffer = (ByteBuf) message;
    if (state == State.OVER) {
      buffer.release();
      return;
    }
    input = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), input, buffer);
    decode();
  }

  /** The client asks for nothing more; what it has been answered still goes out. */
  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      end();
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ClientLog.failed(channel, cause);
    var unused = channel.close();
  }

  @Override
  public void clientFlags(boolean fixedNewstyle, boolean clientNoZeroes) {
    noZeroes = clientNoZeroes;
    restartTimer();
  }

  @Override
  public void refused(int option, boolean tooLong) {
    if (tooLong) {
      replies.error(option, Handshake.REP_ERR_TOO_BIG, "too much data");
    } else {
      replies.error(option, Handshake.REP_ERR_UNSUP, "option not supported");
    }
    restartTimer();
  }

  @Override
  public void option(int option, ByteBuf data) throws ProtocolViolation {
    restartTimer();
    switch (option) {
      case Handshake.OPT_EXPORT_NAME -> exportName(data);
      case Handshake.OPT_ABORT -> abort();
      case Handshake.OPT_LIST -> list(data);
      case Handshake.OPT_STRUCTURED_REPLY -> structuredReply(data);
      case Handshake.OPT_INFO, Handshake.OPT_GO -> infoOrGo(option, OptionData.info(data));
      case Handshake.OPT_LIST_META_CONTEXT, Handshake.OPT_SET_META_CONTEXT ->
          metaContext(option, OptionData.metaContext(data));
      default -> throw new IllegalStateException("option " + option);
    }
  }

  @Override
  public boolean isReady() {
    return state == State.OPEN;
  }

  private void decode() {
    try {
      decoder.decode(input);
      channel.flush();
    } catch (ProtocolViolation violation) {
      ClientLog.closing(channel, violation.getMessage());
      close();
    }
    if (state != State.OVER && !input.isReadable()) {
      input.release();
      input = Unpooled.EMPTY_BUFFER;
    }
  }

  private void exportName(ByteBuf data) throws ProtocolViolation {
    ServedExport export = exports.find(data.toString(StandardCharsets.UTF_8));
    if (export == null) {
      throw new ProtocolViolation("asked for an export that does not exist");
    }
    onLoopOf(
        export,
        () -> {
          if (export.export().service().isPrimary()) {
            replies.exportName(export.export(), structuredReplies, !noZeroes);
            beginTransmission(export);
          } else {
            String refusal = export.export().service().refusal();
            ClientLog.refused(channel, refusal);
            close();
          }
        });
  }

  private void abort() {
    replies.ack(Handshake.OPT_ABORT);
    end();
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  private void list(ByteBuf data) {
    if (data.isReadable()) {
      invalid(Handshake.OPT_LIST);
      return;
    }
    for (ServedExport export : exports.all()) {
      replies.server(Handshake.OPT_LIST, export.export());
    }
    replies.ack(Handshake.OPT_LIST);
  }

  private void structuredReply(ByteBuf data) {
    if (data.isReadable()) {
      invalid(Handshake.OPT_STRUCTURED_REPLY);
      return;
    }
    structuredReplies = true;
    replies.ack(Handshake.OPT_STRUCTURED_REPLY);
  }

  private void infoOrGo(int option, OptionData.Info info) {
    if (info == null) {
      invalid(option);
      return;
    }
    ServedExport export = exports.find(info.name());
    if (export == null) {
      replies.error(option, Handshake.REP_ERR_UNKNOWN, exports.choices());
      return;
    }
    onLoopOf(
        export,
        () -> {
          if (!export.export().service().isPrimary()) {
            // Of the errors the specification has, clients show the text of this one best.
            String refusal = export.export().service().refusal();
            replies.error(option, Handshake.REP_ERR_POLICY, refusal);
            return;
          }
          replies.info(option, export.export(), info.requests(), structuredReplies);
          replies.ack(option);
          if (option == Handshake.OPT_GO) {
            beginTransmission(export);
          }
        });
  }

  private void metaContext(int option, OptionData.MetaContext query) {
    boolean set = option == Handshake.OPT_SET_META_CONTEXT;
    if (set) {
      // Replaces what was selected before, even if it fails.
      metaContextExport = null;
    }
    if (query == null || !structuredReplies) {
      invalid(option);
      return;
    }
    ServedExport export = exports.find(query.name());
    if (export == null) {
      replies.error(option, Handshake.REP_ERR_UNKNOWN, exports.choices());
      return;
    }
    boolean named = query.queries().contains(Handshake.BASE_ALLOCATION);
    if (set && named) {
      metaContextExport = export;
      replies.metaContext(option, Handshake.BASE_ALLOCATION_ID, Handshake.BASE_ALLOCATION);
    } else if (!set && (named || query.queries().isEmpty() || query.queries().contains("base:"))) {
      replies.metaContext(option, 0, Handshake.BASE_ALLOCATION);
    }
    replies.ack(option);
  }

  private void invalid(int option) {
    replies.error(option, Handshake.REP_ERR_INVALID, "malformed, or out of order");
  }

  private void onLoopOf(ServedExport export, Runnable answer) {
    if (export.export().loop() == channel.eventLoop()) {
      answer.run();
      return;
    }
    state = State.MOVING;
    timer.cancel(false);
    ChannelMove.move(
        channel,
        export.export().loop(),
        () -> {
          if (state == State.MOVING) {
            state = State.OPEN;
            restartTimer();
            channel.config().setAutoRead(true);
            answer.run();
            decode();
          }
        });
  }

  private void beginTransmission(ServedExport export) {
    ByteBuf rest = input;
    input = Unpooled.EMPTY_BUFFER;
    end();
    Session session =
        new Session(export, structuredReplies, structuredReplies && metaContextExport == export);
    TransmissionHandler next = new TransmissionHandler(channel, session, limits);
    channel.flush();
    channel.pipeline().replace(this, "transmission", next);
    next.begin(rest);
  }

  private void restartTimer() {
    if (timer != null) {
      timer.cancel(false);
    }
    timer =
        channel
            .eventLoop()
            .schedule(this::timedOut, limits.negotiationTimeout().toNanos(), TimeUnit.NANOSECONDS);
  }

  private void timedOut() {
    ClientLog.closing(channel, "it does not go on negotiating");
    close();
  }

  private void close() {
    end();
    var unused = channel.close();
  }

  private void end() {
    state = State.OVER;
    if (timer != null) {
      timer.cancel(false);
    }
    input.release();
    input = Unpooled.EMPTY_BUFFER;
  }
}
