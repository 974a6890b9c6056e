package io.twinlog.appliance.admin;

import io.twinlog.proto.admin.Event;
import io.twinlog.proto.admin.EventsRequest;
import io.twinlog.proto.admin.OperateRequest;
import io.twinlog.proto.admin.Reply;
import io.twinlog.proto.admin.StatusRequest;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * What a node can be asked over its socket. Called on the server's thread, never blocks; a stage
 * may complete on any thread. What cannot be done is a {@code Refused} reply; a stage that fails is
 * a fault of the node.
 */
public interface AdminService {

  /** A {@code NodeStatus} of the resources asked for. */
  CompletionStage<Reply> status(StatusRequest request);

  /** {@code Done} or {@code Refused}, once that is known. */
  CompletionStage<Reply> operate(OperateRequest request);

  /** The present state as events whose {@code from} is empty, or {@code Refused}. */
  CompletionStage<List<Reply>> presentState(EventsRequest request);

  /**
   * Collects what changes from now on.
   *
   * @param wake called, on any thread, after a change was added; must not block
   */
  Changes changes(EventsRequest request, Runnable wake);

  /** Changes that wait for one reader; bounded: the oldest stay, and what was lost is counted. */
  interface Changes extends AutoCloseable {

    /** The next one, or null when there is none at present. */
    Event poll();

    /** Ends the collecting; idempotent. */
    @Override
    void close();
  }
}
