package io.twinlog.blockdev.shelf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.sys.DirectFile;
import io.twinlog.blockdev.sys.SystemCallException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GroupSyncTest {

  @Test
  void shouldDoOneMoreForAllWhoAskWhileOneIsUnderWay() throws Exception {
    Semaphore go = new Semaphore(0);
    CountDownLatch firstBegun = new CountDownLatch(1);
    AtomicInteger calls = new AtomicInteger();
    AtomicInteger together = new AtomicInteger();
    GroupSync group =
        new GroupSync(
            () -> {
              assertEquals(1, together.incrementAndGet(), "two at a time");
              calls.incrementAndGet();
              firstBegun.countDown();
              go.acquireUninterruptibly();
              together.decrementAndGet();
            });
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<Future<?>> asked = new ArrayList<>();
      asked.add(threads.submit(() -> call(group)));
      firstBegun.await();
      CountDownLatch coming = new CountDownLatch(3);
      for (int i = 0; i < 3; i++) {
        asked.add(
            threads.submit(
                () -> {
                  coming.countDown();
                  return call(group);
                }));
      }
      coming.await();
      go.release(4);
      for (Future<?> one : asked) {
        one.get(30, TimeUnit.SECONDS);
      }
      assertTrue(calls.get() >= 2 && calls.get() <= 4, "calls: " + calls);
      assertEquals(0, group.failures());
    } finally {
      threads.shutdownNow();
    }
  }

  private static Void call(GroupSync group) throws SystemCallException {
    group.sync();
    return null;
  }

  @Test
  void shouldCountAndReportAFailure() throws Exception {
    try (DirectFile broken = DirectFile.open(Path.of("/proc/self/coredump_filter"), false)) {
      GroupSync group = new GroupSync(broken::sync);

      assertThrows(SystemCallException.class, group::sync);
      assertThrows(SystemCallException.class, group::sync);
      assertEquals(2, group.failures());
    }
  }
}
