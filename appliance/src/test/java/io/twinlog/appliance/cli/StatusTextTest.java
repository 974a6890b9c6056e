package io.twinlog.appliance.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.twinlog.proto.admin.ResourceStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusTextTest {

  @Test
  void shouldReadLikeDrbdadmStatusWhenConnected() {
    assertEquals(
        """
        r0 role:Primary copy:up-to-date view:5 {alpha*,beta}
          backing ok logged:1234/1240 dirty:24 KiB age:120ms exposure:0 B
          beta role:Secondary connection:Connected copy:up-to-date
        """,
        StatusText.of(Statuses.alpha(Statuses.connected()), false));
  }

  @Test
  void shouldSayHowLongItTakesWhenAResyncRuns() {
    assertEquals(
        """
        r0 role:Primary copy:up-to-date view:5 {alpha*}
          backing ok logged:1234/1240 dirty:0 B exposure:0 B
          beta role:Secondary connection:SyncSource copy:inconsistent
            sync 34.3% 88 MiB of 256 MiB (every block), 40 MiB/s, 5 s left
        """,
        StatusText.of(Statuses.alpha(Statuses.syncing()), false));
  }

  @Test
  void shouldSayWhatIsAmissWhenAloneAndSuspended() {
    ResourceStatus.Builder status = Statuses.connected().setConnection("standalone");
    status.setSuspended("the backing does not answer").setExposureBytes(24 << 10);
    status.setExposureMillis(12).setEmergency(true).setFencing("reserve, not yet on shelf 1");
    status.getPeerBuilder().setRole("unknown").setCopy("unknown");
    status.getBackingBuilder().setState("failed: write to slot: EIO").setPopulated(false);
    assertEquals(
        """
        r0 role:Primary copy:up-to-date view:5 {alpha*,beta}
          suspended: the backing does not answer
          emergency: writes are acknowledged only when they are in the log
          backing failed: write to slot: EIO logged:1234/1240 dirty:24 KiB age:120ms exposure:24 KiB/12ms\
         populating fencing:reserve, not yet on shelf 1
          beta role:Unknown connection:StandAlone copy:unknown
        """,
        StatusText.of(Statuses.alpha(status), false));
  }

  @Test
  void shouldNotPromiseAnEndWhenAResyncStandsStill() {
    ResourceStatus.Builder status = Statuses.syncing();
    status.getSyncBuilder().setDoneBytes(0).setBytesPerSecond(0);
    String text = StatusText.of(Statuses.alpha(status), false);
    assertEquals(
        "    sync 0.0% 0 B of 256 MiB (every block), not moving", text.lines().toList().get(3));
  }

  @Test
  void shouldDrawABarWhenAResyncIsWatched() {
    ResourceStatus.Builder status = Statuses.syncing();
    status.getSyncBuilder().setWhole(false);
    assertEquals(
        "    sync [==========>...................] 34.3% 88 MiB of 256 MiB (what changed), 40 MiB/s,"
            + " 5 s left",
        StatusText.of(Statuses.alpha(status), true).lines().toList().get(3));
    status.getSyncBuilder().setDoneBytes(256 << 20).setPaused(true);
    assertEquals(
        "    sync [==============================] 100.0% 256 MiB of 256 MiB (what changed), paused",
        StatusText.of(Statuses.alpha(status), true).lines().toList().get(3));
  }

  @Test
  void shouldSayHowMuchOfAResyncCameFromTheBacking() {
    ResourceStatus.Builder status = Statuses.syncing();
    status.getSyncBuilder().setBackingBytes(64 << 20);
    assertEquals(
        "    sync 34.3% 88 MiB of 256 MiB (every block), 64 MiB from the backing, 40 MiB/s, 5 s left",
        StatusText.of(Statuses.alpha(status), false).lines().toList().get(3));
  }

  @Test
  void shouldSayWhyNoResyncBeginsWhenItIsPausedOrThePeerWasEvicted() {
    ResourceStatus.Builder status = Statuses.connected();
    status.getSyncBuilder().setPaused(true).setWaitMillis(3_400);
    String text = StatusText.of(Statuses.alpha(status), false);
    assertEquals(
        List.of(
            "    sync paused: resync --resume lets it begin",
            "    evicted: it did not confirm in time; a resync may begin in 4 s"),
        text.lines().toList().subList(3, 5));
  }

  @Test
  void shouldListWhatDiffersWhenAVerifyHasFoundIt() {
    String text = StatusText.of(Statuses.alpha(Statuses.verified()), false);
    assertEquals("    differs: 8 KiB in backing at 4096+8192", text.lines().toList().get(3));
  }

  @Test
  void shouldSayHowFarAVerifyIsWhenItRuns() {
    ResourceStatus.Builder status = Statuses.verified();
    status.getVerifyBuilder().setRunning(true).setDoneBytes(64 << 20).setDifferingBytes(0);
    String text = StatusText.of(Statuses.alpha(status), false);
    assertEquals(
        "    verify with the backing 25% 64 MiB of 256 MiB, 40 MiB/s",
        text.lines().toList().get(3));
  }
}
