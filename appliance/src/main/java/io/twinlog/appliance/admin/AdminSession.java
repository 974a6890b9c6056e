package io.twinlog.appliance.admin;

import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.twinlog.proto.admin.Event;
import io.twinlog.proto.admin.EventsRequest;
import io.twinlog.proto.admin.Refused;
import io.twinlog.proto.admin.Reply;
import io.twinlog.proto.admin.Request;
import io.twinlog.proto.admin.StatusRequest;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection: takes one request, sends the replies to it, ends. */
@SuppressWarnings("FutureReturnValueIgnored") // a write that fails closes the connection
final class AdminSession extends SimpleChannelInboundHandler<ByteBuf> {

  private static final Logger LOG = LoggerFactory.getLogger(AdminSession.class);

  /** Faster than anybody can look. */
  private static final int MIN_WATCH_MILLIS = 100;

  private final AdminService service;
  private boolean asked;

  /** Of an events request that follows; else null. */
  private AdminService.Changes changes;

  /** Changes are sent only after the present state was. */
  private boolean stateSent;

  AdminSession(AdminService service) {
    this.service = service;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, ByteBuf frame)
      throws InvalidProtocolBufferException {
    if (asked) {
      throw new InvalidProtocolBufferException("a second request on one connection");
    }
    asked = true;
    context.pipeline().remove(ReadTimeoutHandler.class);
    Request request = Request.parseFrom(frame.nioBuffer());
    switch (request.getVerbCase()) {
      case STATUS -> status(context, request.getStatus());
      case OPERATE ->
          onLoop(context, service.operate(request.getOperate()), reply -> last(context, reply));
      case EVENTS -> events(context, request.getEvents());
      case VERB_NOT_SET ->
          last(context, refused("the node does not know this request: is it an older version?"));
    }
  }

  private void status(ChannelHandlerContext context, StatusRequest request) {
    onLoop(
        context,
        service.status(request),
        reply -> {
          if (request.getWatchMillis() == 0 || reply.hasRefused()) {
            last(context, reply);
            return;
          }
          // A reader who is slow misses a picture, and gets a newer one instead.
          if (context.channel().isWritable()) {
            send(context, reply);
          }
          long period =
              Math.max(Integer.toUnsignedLong(request.getWatchMillis()), MIN_WATCH_MILLIS);
          context
              .executor()
              .schedule(() -> statusAgain(context, request), period, TimeUnit.MILLISECONDS);
        });
  }

  private void statusAgain(ChannelHandlerContext context, StatusRequest request) {
    if (context.channel().isActive()) {
      status(context, request);
    }
  }

  private void events(ChannelHandlerContext context, EventsRequest request) {
    if (!request.getOnce()) {
      // Before the present state is asked for, so that no change falls in between; what happens in
      // the meantime may be in both.
      changes =
          service.changes(request, () -> context.executor().execute(() -> sendChanges(context)));
    }
    onLoop(context, service.presentState(request), replies -> sendState(context, replies));
  }

  private void sendState(ChannelHandlerContext context, List<Reply> replies) {
    boolean ends = changes == null || replies.stream().anyMatch(Reply::hasRefused);
    for (int i = 0; i < replies.size(); i++) {
      if (ends && i == replies.size() - 1) {
        last(context, replies.get(i));
      } else {
        send(context, replies.get(i));
      }
    }
    if (ends && replies.isEmpty()) {
      context.close();
    } else if (!ends) {
      stateSent = true;
      sendChanges(context);
    }
  }

  private void sendChanges(ChannelHandlerContext context) {
    if (!stateSent) {
      return;
    }
    while (context.channel().isWritable()) {
      Event event = changes.poll();
      if (event == null) {
        return;
      }
      send(context, Reply.newBuilder().setEvent(event).build());
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    sendChanges(context);
  }

  /** Goes on with the result on the channel's own thread. */
  private static <T> void onLoop(
      ChannelHandlerContext context, CompletionStage<T> stage, Consumer<T> next) {
    stage.whenCompleteAsync(
        (result, failure) -> {
          if (failure == null) {
            next.accept(result);
          } else {
            LOG.error("an administration request failed", failure);
            last(context, refused("the node failed at it: " + failure + "; see its log"));
          }
        },
        context.executor());
  }

  private static void send(ChannelHandlerContext context, Reply reply) {
    context.writeAndFlush(Unpooled.wrappedBuffer(reply.toByteArray()));
  }

  private static void last(ChannelHandlerContext context, Reply reply) {
    context
        .writeAndFlush(Unpooled.wrappedBuffer(reply.toByteArray()))
        .addListener(ChannelFutureListener.CLOSE);
  }

  private static Reply refused(String reason) {
    return Reply.newBuilder().setRefused(Refused.newBuilder().setReason(reason)).build();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (changes != null) {
      changes.close();
    }
  }

  /** A client that talks nonsense, or nothing, is cut off. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.debug("administration: connection ended", cause);
    context.close();
  }
}
