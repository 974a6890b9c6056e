package io.twinlog.replication.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.twinlog.blockdev.log.View;
import io.twinlog.blockdev.log.View.CutLimit;
import io.twinlog.proto.peer.Control;
import io.twinlog.replication.core.Copy;
import io.twinlog.replication.core.ExtentMap;
import io.twinlog.replication.core.PeerControl;
import io.twinlog.replication.core.Role;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ControlCodecTest {

  private static final View VIEW =
      new View(
          9,
          View.NO_NODE,
          3,
          -1L,
          5L,
          1L << 40,
          true,
          false,
          0x8000_0001,
          List.of(new CutLimit(1, 2), new CutLimit(3, 4)));

  private static final List<PeerControl> MESSAGES =
      List.of(
          new PeerControl.ViewAnnounce(VIEW),
          new PeerControl.ViewAnnounce(new View(1, 0, 1, 7, 0, 0, false, true, 1, List.of())),
          new PeerControl.PeerStatus(Role.PRIMARY, Copy.UP_TO_DATE, true),
          new PeerControl.PeerStatus(Role.SECONDARY, Copy.INCONSISTENT, false),
          new PeerControl.PeerStatus(Role.SECONDARY, Copy.OUTDATED, false),
          new PeerControl.PeerStatus(Role.SECONDARY, Copy.UNKNOWN, false),
          new PeerControl.Drained(4),
          new PeerControl.SyncOffer(4, List.of(7L, 0L, Long.MAX_VALUE)),
          new PeerControl.SyncStart(4, Long.MAX_VALUE, true, ExtentMap.EMPTY),
          new PeerControl.SyncStart(4, 3, false, ExtentMap.ofBytes(new byte[] {5, -1})),
          new PeerControl.SyncReady(4, Long.MIN_VALUE, -1, ExtentMap.EMPTY, false),
          new PeerControl.SyncReady(4, 8, 0, ExtentMap.ofBytes(new byte[] {0, 1}), true),
          new PeerControl.DigestAnswer(4, 8192, 64, Long.MIN_VALUE),
          new PeerControl.SyncPause(true),
          new PeerControl.SyncRefused(4, "busy"),
          new PeerControl.VerifyPiece(4, 9, 1L << 40, 128 << 10, -5),
          new PeerControl.VerifyAnswer(4, 4096, PeerControl.VerifyResult.EQUAL),
          new PeerControl.VerifyAnswer(4, 4096, PeerControl.VerifyResult.DIFFERENT),
          new PeerControl.VerifyAnswer(4, 4096, PeerControl.VerifyResult.NOT_COMPARED),
          new PeerControl.Emergency(true),
          new PeerControl.Emergency(false),
          new PeerControl.SwitchoverRequest(),
          new PeerControl.SwitchoverRefused("a resync is running"));

  @Test
  void shouldReadBackEveryMessageWhenEncoded() throws Exception {
    for (PeerControl message : MESSAGES) {
      assertEquals(message, decode(ControlCodec.encode(message)));
    }
  }

  @Test
  void shouldKnowEveryMessageWhenTheCoreHasMore() {
    Set<Class<?>> known = MESSAGES.stream().map(Object::getClass).collect(Collectors.toSet());
    assertEquals(Set.of(PeerControl.class.getPermittedSubclasses()), known);
  }

  @Test
  void shouldHaveTheSchemasBytesWhenASyncStartIsEncoded() {
    byte[] expected = HexFormat.of().parseHex("220a" + "0804" + "108001" + "1801" + "220109");
    byte[] actual =
        ControlCodec.encode(
            new PeerControl.SyncStart(4, 128, true, ExtentMap.ofBytes(new byte[] {9})));
    assertEquals(HexFormat.of().formatHex(expected), HexFormat.of().formatHex(actual));
  }

  @Test
  void shouldRefuseWhenAMessageIsUnknownOrAFieldOutOfBounds() {
    refuse(Control.getDefaultInstance());
    Control.Builder control = Control.newBuilder();
    control.getPeerStatusBuilder().setRoleValue(77).setCopyValue(1);
    refuse(control.build());
    control.getPeerStatusBuilder().setRoleValue(1).setCopyValue(0);
    refuse(control.build());
    control.getVerifyAnswerBuilder().setView(1).setResultValue(0);
    refuse(control.build());
    control.getVerifyPieceBuilder().setOffset(-1);
    refuse(control.build());
    control.getDrainedBuilder().setView(-1);
    refuse(control.build());
    control.getSyncOfferBuilder().setView(4);
    refuse(control.build());
    control.getSyncOfferBuilder().addBases(-1);
    refuse(control.build());
    control.getSyncReadyBuilder().setView(4).setCommon(-1);
    refuse(control.build());
    control.getViewAnnounceBuilder().getViewBuilder().setPrimary(2);
    refuse(control.build());
    control.getViewAnnounceBuilder().getViewBuilder().setPrimary(1).setMembers(4);
    refuse(control.build());
    control.getViewAnnounceBuilder().getViewBuilder().setMembers(3).setBase(-1);
    refuse(control.build());
    control.getViewAnnounceBuilder().getViewBuilder().setBase(1);
    for (int i = 0; i <= View.MAX_LIMITS; i++) {
      control.getViewAnnounceBuilder().getViewBuilder().addLimitsBuilder().setFromView(i);
    }
    refuse(control.build());
  }

  private static void refuse(Control control) {
    assertThrows(FrameException.class, () -> decode(control.toByteArray()), control.toString());
  }

  @Test
  void shouldEndInAFrameExceptionAtWorstWhenBytesAreRandomlyChanged() {
    for (long seed = 0; seed < 20_000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = ControlCodec.encode(MESSAGES.get(random.nextInt(MESSAGES.size())));
      for (int i = random.nextInt(3); i >= 0 && bytes.length > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      try {
        decode(bytes);
      } catch (FrameException expected) {
        // What changed bytes are for.
      }
    }
  }

  private static PeerControl decode(byte[] bytes) throws FrameException {
    ByteBuf in = Unpooled.wrappedBuffer(bytes);
    return ControlCodec.decode(in);
  }
}
