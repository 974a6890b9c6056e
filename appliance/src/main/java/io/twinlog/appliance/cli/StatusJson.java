package io.twinlog.appliance.cli;

import io.twinlog.appliance.text.JsonWriter;
import io.twinlog.proto.admin.AoeStatus;
import io.twinlog.proto.admin.BackingStatus;
import io.twinlog.proto.admin.Counters;
import io.twinlog.proto.admin.Difference;
import io.twinlog.proto.admin.Event;
import io.twinlog.proto.admin.NodeStatus;
import io.twinlog.proto.admin.PeerStatus;
import io.twinlog.proto.admin.ResourceStatus;
import io.twinlog.proto.admin.ShelfStatus;
import io.twinlog.proto.admin.SyncStatus;
import io.twinlog.proto.admin.VerifyStatus;
import io.twinlog.proto.admin.ViewStatus;
import java.time.Instant;

/** Status and events for scripts: one line of JSON each, keys in an order that stays. */
final class StatusJson {

  private StatusJson() {}

  static String of(NodeStatus status) {
    JsonWriter json = new JsonWriter().beginObject();
    json.field("node", status.getNode()).key("resources").beginArray();
    for (ResourceStatus resource : status.getResourcesList()) {
      append(json, resource);
    }
    return json.endArray().endObject().toString();
  }

  static String of(Event event) {
    return new JsonWriter()
        .beginObject()
        .field("time", Instant.ofEpochMilli(event.getTimeMillis()).toString())
        .field("node", event.getNode())
        .field("resource", event.getResource())
        .field("kind", event.getKind())
        .field("from", event.getFrom())
        .field("to", event.getTo())
        .field("detail", event.getDetail())
        .endObject()
        .toString();
  }

  private static void append(JsonWriter json, ResourceStatus resource) {
    json.beginObject();
    json.field("name", resource.getName());
    json.field("role", resource.getRole());
    json.field("connection", resource.getConnection());
    PeerStatus peer = resource.getPeer();
    json.key("peer").beginObject();
    json.field("node", peer.getNode());
    json.field("role", peer.getRole());
    json.field("copy", peer.getCopy());
    json.endObject();
    json.field("copy", resource.getCopy());
    appendView(json, resource.getView());
    appendBacking(json, resource.getBacking());
    json.field("exposureBytes", resource.getExposureBytes());
    json.field("exposureMillis", resource.getExposureMillis());
    json.field("emergency", resource.getEmergency());
    json.field("fencing", resource.getFencing());
    SyncStatus sync = resource.getSync();
    json.key("sync").beginObject();
    json.field("doneBytes", sync.getDoneBytes());
    json.field("backingBytes", sync.getBackingBytes());
    json.field("totalBytes", sync.getTotalBytes());
    json.field("bytesPerSecond", sync.getBytesPerSecond());
    json.field("leftMillis", sync.getLeftMillis());
    json.field("whole", sync.getWhole());
    json.field("paused", sync.getPaused());
    json.field("waitMillis", sync.getWaitMillis());
    json.endObject();
    appendVerify(json, resource.getVerify());
    json.field("suspended", resource.getSuspended());
    json.field("pendingRequests", resource.getPendingRequests());
    appendCounters(json, resource.getCounters());
    appendAoe(json, resource.getAoe());
    json.endObject();
  }

  private static void appendAoe(JsonWriter json, AoeStatus aoe) {
    json.key("aoe").beginObject();
    json.field("clients", aoe.getClients());
    json.field("requests", aoe.getRequests());
    json.field("notAllowed", aoe.getNotAllowed());
    json.field("tooMany", aoe.getTooMany());
    json.field("tooFast", aoe.getTooFast());
    json.field("late", aoe.getLate());
    json.field("malformed", aoe.getMalformed());
    json.endObject();
  }

  private static void appendVerify(JsonWriter json, VerifyStatus verify) {
    json.key("verify").beginObject();
    json.field("with", verify.getWith());
    json.field("running", verify.getRunning());
    json.field("doneBytes", verify.getDoneBytes());
    json.field("totalBytes", verify.getTotalBytes());
    json.field("bytesPerSecond", verify.getBytesPerSecond());
    json.field("differingBytes", verify.getDifferingBytes());
    json.key("differences").beginArray();
    for (Difference difference : verify.getDifferencesList()) {
      json.beginObject();
      json.field("copy", difference.getCopy());
      json.field("offsetBytes", difference.getOffsetBytes());
      json.field("lengthBytes", difference.getLengthBytes());
      json.endObject();
    }
    json.endArray();
    json.field("verifiedBytes", verify.getVerifiedBytes());
    json.field("foundBytes", verify.getFoundBytes());
    json.endObject();
  }

  private static void appendView(JsonWriter json, ViewStatus view) {
    json.key("view").beginObject();
    json.field("number", view.getNumber());
    json.key("members").beginArray();
    for (String member : view.getMembersList()) {
      json.value(member);
    }
    json.endArray();
    json.field("primary", view.getPrimary());
    json.field("complete", view.getComplete());
    json.endObject();
  }

  private static void appendBacking(JsonWriter json, BackingStatus backing) {
    json.key("backing").beginObject();
    json.field("state", backing.getState());
    json.field("complete", backing.getComplete());
    json.field("dirtyBytes", backing.getDirtyBytes());
    json.field("dirtyAgeMillis", backing.getDirtyAgeMillis());
    json.field("committedNumber", backing.getCommittedNumber());
    json.field("loggedNumber", backing.getLoggedNumber());
    json.field("checkpointNumber", backing.getCheckpointNumber());
    json.field("ringUsedBytes", backing.getRingUsedBytes());
    json.field("ringBytes", backing.getRingBytes());
    json.field("populated", backing.getPopulated());
    json.key("shelves").beginArray();
    for (ShelfStatus shelf : backing.getShelvesList()) {
      json.beginObject();
      json.field("state", shelf.getState());
      json.field("error", shelf.getError());
      json.field("doneBytes", shelf.getDoneBytes());
      json.field("totalBytes", shelf.getTotalBytes());
      json.field("filledBytes", shelf.getFilledBytes());
      json.endObject();
    }
    json.endArray();
    json.endObject();
  }

  private static void appendCounters(JsonWriter json, Counters counters) {
    json.key("counters").beginObject();
    json.field("readRequests", counters.getReadRequests());
    json.field("writeRequests", counters.getWriteRequests());
    json.field("readBytes", counters.getReadBytes());
    json.field("writtenBytes", counters.getWrittenBytes());
    json.field("batches", counters.getBatches());
    json.field("loggedBytes", counters.getLoggedBytes());
    json.field("checkpoints", counters.getCheckpoints());
    json.field("viewChanges", counters.getViewChanges());
    json.field("quickResyncs", counters.getQuickResyncs());
    json.field("wholeResyncs", counters.getWholeResyncs());
    json.field("resyncBytes", counters.getResyncBytes());
    json.field("resyncBackingBytes", counters.getResyncBackingBytes());
    json.field("shelfFills", counters.getShelfFills());
    json.field("shelfFillBytes", counters.getShelfFillBytes());
    json.endObject();
  }
}
