package io.twinlog.appliance.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.twinlog.proto.admin.Event;
import org.junit.jupiter.api.Test;

class StatusJsonTest {

  @Test
  void shouldKeepKeysAndTheirOrderWhenStatusIsPrinted() {
    String expected =
        """
        {"node":"alpha","resources":[{\
        "name":"r0",\
        "role":"primary",\
        "connection":"connected",\
        "peer":{"node":"beta","role":"secondary","copy":"up-to-date"},\
        "copy":"up-to-date",\
        "view":{"number":5,"members":["alpha","beta"],"primary":"alpha","complete":false},\
        "backing":{"state":"ok","complete":false,"dirtyBytes":24576,"dirtyAgeMillis":120,\
        "committedNumber":1240,"loggedNumber":1234,"checkpointNumber":1100,\
        "ringUsedBytes":1048576,"ringBytes":536870912,"populated":true,\
        "shelves":[{"state":"live","error":"","doneBytes":0,"totalBytes":0,"filledBytes":65536}]},\
        "exposureBytes":0,"exposureMillis":0,"emergency":false,"fencing":"masks",\
        "sync":{"doneBytes":0,"backingBytes":0,"totalBytes":0,"bytesPerSecond":0,"leftMillis":0,\
        "whole":false,"paused":false,"waitMillis":0},\
        "verify":{"with":"backing","running":false,"doneBytes":268435456,"totalBytes":268435456,\
        "bytesPerSecond":41943040,"differingBytes":8192,\
        "differences":[{"copy":"backing","offsetBytes":4096,"lengthBytes":8192}],\
        "verifiedBytes":536870912,"foundBytes":8192},\
        "suspended":"",\
        "pendingRequests":3,\
        "counters":{"readRequests":1,"writeRequests":2,"readBytes":3,"writtenBytes":4,\
        "batches":5,"loggedBytes":6,"checkpoints":7,"viewChanges":8,\
        "quickResyncs":9,"wholeResyncs":10,"resyncBytes":11,"resyncBackingBytes":21,\
        "shelfFills":12,"shelfFillBytes":13},\
        "aoe":{"clients":14,"requests":15,"notAllowed":16,"tooMany":17,"tooFast":18,"late":19,\
        "malformed":20}\
        }]}""";
    assertEquals(expected, StatusJson.of(Statuses.alpha(Statuses.verified())));
  }

  @Test
  void shouldPrintAnEmptyListWhenANodeHasNoResource() {
    assertEquals("{\"node\":\"alpha\",\"resources\":[]}", StatusJson.of(Statuses.alpha()));
  }

  @Test
  void shouldPrintOneObjectWhenAnEventComes() {
    Event event = event().build();
    assertEquals(
        "{\"time\":\"2026-01-02T03:04:05.678Z\",\"node\":\"alpha\",\"resource\":\"r0\","
            + "\"kind\":\"role\",\"from\":\"secondary\",\"to\":\"primary\",\"detail\":\"promoted\"}",
        StatusJson.of(event));
    assertEquals(
        "2026-01-02T03:04:05.678Z r0 role secondary -> primary: promoted", EventText.of(event));
  }

  @Test
  void shouldLeaveTheArrowOutWhenAnEventSaysThePresentState() {
    Event event = event().setFrom("").setDetail("").build();
    assertEquals("2026-01-02T03:04:05.678Z r0 role primary", EventText.of(event));
  }

  private static Event.Builder event() {
    return Event.newBuilder()
        .setTimeMillis(1_767_323_045_678L)
        .setNode("alpha")
        .setResource("r0")
        .setKind("role")
        .setFrom("secondary")
        .setTo("primary")
        .setDetail("promoted");
  }
}
