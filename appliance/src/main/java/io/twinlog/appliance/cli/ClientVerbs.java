package io.twinlog.appliance.cli;

import io.twinlog.appliance.admin.AdminClient;
import io.twinlog.appliance.admin.AdminException;
import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.BackingStatus;
import io.twinlog.proto.admin.EventsRequest;
import io.twinlog.proto.admin.OperateRequest;
import io.twinlog.proto.admin.Reply;
import io.twinlog.proto.admin.Request;
import io.twinlog.proto.admin.StatusRequest;
import java.io.PrintStream;

/** The verbs that talk to a running node. */
final class ClientVerbs {

  /** How long a node may take to say how it is. */
  private static final long STATUS_TIMEOUT_MILLIS = 5_000;

  /** Longer than the node itself waits for an outcome. */
  private static final long OPERATE_TIMEOUT_MILLIS = 90_000;

  private static final int WATCH_MILLIS = 1_000;

  private final Invocation invocation;
  private final PrintStream out;

  ClientVerbs(Invocation invocation, PrintStream out) {
    this.invocation = invocation;
    this.out = out;
  }

  void run() throws UsageException, RefusedException {
    Target target = Target.of(invocation);
    boolean watched = invocation.has(Flag.WATCH);
    boolean streamed = watched || (invocation.verb() == Verb.EVENTS && !invocation.has(Flag.ONCE));
    try (AdminClient client = AdminClient.ask(target.name(), target.runDir(), request())) {
      boolean answered = false;
      for (Reply reply; (reply = client.next(timeoutMillis(watched))) != null; answered = true) {
        print(reply);
        if (out.checkError()) {
          // The reader has gone, as in: twinlog events | head.
          return;
        }
      }
      if (streamed || (!answered && invocation.verb() != Verb.EVENTS)) {
        throw new RefusedException(target.name() + " has ended");
      }
    } catch (AdminException e) {
      throw new RefusedException(e.getMessage());
    }
  }

  private long timeoutMillis(boolean watched) {
    return switch (invocation.verb()) {
      case STATUS -> STATUS_TIMEOUT_MILLIS + (watched ? WATCH_MILLIS : 0);
      case EVENTS -> invocation.has(Flag.ONCE) ? STATUS_TIMEOUT_MILLIS : 0;
      case VERIFY -> invocation.has(Flag.STOP) ? OPERATE_TIMEOUT_MILLIS : 0;
      default -> OPERATE_TIMEOUT_MILLIS;
    };
  }

  private Request request() throws UsageException {
    String resource = invocation.resource();
    Request.Builder request = Request.newBuilder();
    if (invocation.verb() == Verb.STATUS || isShelfList()) {
      request.setStatus(
          StatusRequest.newBuilder()
              .setResource(resource)
              .setWatchMillis(invocation.has(Flag.WATCH) ? WATCH_MILLIS : 0));
    } else if (invocation.verb() == Verb.EVENTS) {
      request.setEvents(
          EventsRequest.newBuilder().setResource(resource).setOnce(invocation.has(Flag.ONCE)));
    } else {
      request.setOperate(
          OperateRequest.newBuilder()
              .setResource(resource)
              .setAction(action())
              .setShelf(shelf())
              .setForce(invocation.has(Flag.FORCE))
              .setAcceptLoss(invocation.has(Flag.ACCEPT_LOSS))
              .setBacking(invocation.has(Flag.BACKING))
              .setStop(invocation.has(Flag.STOP)));
    }
    return request.build();
  }

  private boolean isShelfList() {
    return invocation.verb() == Verb.SHELF && invocation.arguments().get(0).equals("list");
  }

  /** The number of the shelf meant; 0 when the verb is about none. */
  private int shelf() throws UsageException {
    if (invocation.verb() != Verb.SHELF) {
      return 0;
    }
    if (invocation.arguments().size() < 3 || !invocation.arguments().get(2).matches("[1-9]")) {
      throw new UsageException("which shelf? say its number, counted from 1 in the configuration");
    }
    return Integer.parseInt(invocation.arguments().get(2));
  }

  private Action action() throws UsageException {
    Verb verb = invocation.verb();
    return switch (verb) {
      case PROMOTE -> Action.PROMOTE;
      case DEMOTE -> Action.DEMOTE;
      case SWITCHOVER -> Action.SWITCHOVER;
      case CONNECT -> Action.CONNECT;
      case DISCONNECT -> Action.DISCONNECT;
      case RESYNC ->
          invocation.has(Flag.PAUSE)
              ? Action.PAUSE_RESYNC
              : invocation.has(Flag.RESUME) ? Action.RESUME_RESYNC : Action.RESYNC;
      case FLUSH -> Action.FLUSH;
      case VERIFY -> Action.VERIFY;
      case EMERGENCY ->
          invocation.arguments().get(0).equals("on") ? Action.EMERGENCY_ON : Action.EMERGENCY_OFF;
      case SHELF ->
          switch (invocation.arguments().get(0)) {
            case "fail" -> Action.FAIL_SHELF;
            case "restore" -> Action.RESTORE_SHELF;
            case "replace" -> Action.REPLACE_SHELF;
            default ->
                throw new UsageException(
                    "shelf %s: not one of list, fail, restore, replace"
                        .formatted(invocation.arguments().get(0)));
          };
      case NODE, CREATE, STATUS, EVENTS, CHECK, EXPORT, VERSION, HELP ->
          throw new IllegalArgumentException(verb + " is no operation on a running node");
    };
  }

  private static String shelves(BackingStatus backing) {
    StringBuilder text = new StringBuilder();
    StatusText.appendShelves(text, backing, "");
    return text.isEmpty() ? "the backing has one shelf\n" : text.toString();
  }

  private void print(Reply reply) throws RefusedException {
    boolean json = invocation.has(Flag.JSON);
    switch (reply.getBodyCase()) {
      case STATUS -> {
        if (isShelfList()) {
          out.print(shelves(reply.getStatus().getResources(0).getBacking()));
        } else if (json) {
          out.println(StatusJson.of(reply.getStatus()));
        } else {
          out.print(StatusText.of(reply.getStatus(), invocation.has(Flag.WATCH)));
          if (invocation.has(Flag.WATCH)) {
            out.println();
          }
        }
      }
      case DONE -> {
        if (!reply.getDone().getDetail().isEmpty()) {
          out.println(reply.getDone().getDetail());
        }
        if (reply.getDone().getWithLoss()) {
          out.print(LossAdvice.text());
        }
      }
      case REFUSED -> throw new RefusedException(reply.getRefused().getReason());
      case EVENT ->
          out.println(json ? StatusJson.of(reply.getEvent()) : EventText.of(reply.getEvent()));
      case BODY_NOT_SET ->
          throw new RefusedException("the node's answer is not known here: is it a newer version?");
    }
  }
}
