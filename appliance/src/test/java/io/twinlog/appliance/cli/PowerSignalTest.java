package io.twinlog.appliance.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PowerSignalTest {

  @Test
  void shouldRunTheActionAtEachSignalAndLeaveTheProcessAlive() throws Exception {
    Semaphore signals = new Semaphore(0);
    PowerSignal.handle(signals::release);

    for (int i = 0; i < 3; i++) {
      long pid = ProcessHandle.current().pid();
      assertEquals(0, new ProcessBuilder("kill", "-PWR", "" + pid).start().waitFor());
      assertTrue(signals.tryAcquire(30, TimeUnit.SECONDS), "signal " + i);
    }
  }
}
