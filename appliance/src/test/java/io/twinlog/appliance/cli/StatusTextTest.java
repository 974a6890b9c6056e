package io.twinlog.appliance.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.twinlog.proto.admin.ResourceStatus;
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
        StatusText.of(Statuses.alpha(Statuses.connected())));
  }

  @Test
  void shouldSayHowLongItTakesWhenAResyncRuns() {
    assertEquals(
        """
        r0 role:Primary copy:up-to-date view:5 {alpha*}
          backing ok logged:1234/1240 dirty:0 B exposure:0 B
          beta role:Secondary connection:SyncSource copy:inconsistent
            sync 34.3% 88 MiB of 256 MiB, 40 MiB/s, 5 s left
        """,
        StatusText.of(Statuses.alpha(Statuses.syncing())));
  }

  @Test
  void shouldSayWhatIsAmissWhenAloneAndSuspended() {
    ResourceStatus.Builder status = Statuses.connected().setConnection("standalone");
    status.setSuspended("the backing does not answer").setExposureBytes(24 << 10);
    status.getPeerBuilder().setRole("unknown").setCopy("unknown");
    status.getBackingBuilder().setState("failed: write to slot: EIO").setPopulated(false);
    assertEquals(
        """
        r0 role:Primary copy:up-to-date view:5 {alpha*,beta}
          suspended: the backing does not answer
          backing failed: write to slot: EIO logged:1234/1240 dirty:24 KiB age:120ms exposure:24 KiB\
         populating
          beta role:Unknown connection:StandAlone copy:unknown
        """,
        StatusText.of(Statuses.alpha(status)));
  }

  @Test
  void shouldNotPromiseAnEndWhenAResyncStandsStill() {
    ResourceStatus.Builder status = Statuses.syncing();
    status.getSyncBuilder().setDoneBytes(0).setBytesPerSecond(0);
    String text = StatusText.of(Statuses.alpha(status));
    assertEquals("    sync 0.0% 0 B of 256 MiB, not moving", text.lines().toList().get(3));
  }
}
