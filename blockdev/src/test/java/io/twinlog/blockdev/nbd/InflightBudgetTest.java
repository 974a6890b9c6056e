package io.twinlog.blockdev.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InflightBudgetTest {

  private final InflightBudget budget = new InflightBudget(100);
  private final List<Long> granted = new ArrayList<>();

  @Test
  void shouldRefuseWhenThereIsNoRoom() {
    assertTrue(budget.tryAcquire(60));
    assertFalse(budget.tryAcquire(41));
    assertTrue(budget.tryAcquire(40));
    assertEquals(100, budget.usedBytes());
  }

  @Test
  void shouldLetOversizedRequestInWhenNothingElseIsUnderWay() {
    assertTrue(budget.tryAcquire(1000));
    assertFalse(budget.tryAcquire(1));
  }

  @Test
  void shouldServeTheLineInOrderWhenBytesComeBack() {
    assertTrue(budget.tryAcquire(90));
    budget.await(waiter(50));
    budget.await(waiter(20));
    budget.await(waiter(60));
    budget.release(20);
    assertEquals(List.of(), granted);
    budget.release(40);
    assertEquals(List.of(50L, 20L), granted);
    assertTrue(budget.isContended());
  }

  @Test
  void shouldNotLetSmallOnesOvertakeWhenGreatOneWaits() {
    assertTrue(budget.tryAcquire(90));
    budget.await(waiter(100));
    assertFalse(budget.tryAcquire(1));
    budget.release(90);
    assertEquals(List.of(100L), granted);
  }

  @Test
  void shouldServeThoseBehindWhenTheFirstLeavesTheLine() {
    assertTrue(budget.tryAcquire(90));
    InflightBudget.Waiter great = waiter(100);
    budget.await(great);
    budget.await(waiter(10));
    budget.cancel(great);
    assertEquals(List.of(10L), granted);
  }

  @Test
  void shouldComplainWhenMoreIsReleasedThanWasTaken() {
    assertTrue(budget.tryAcquire(10));
    assertThrows(IllegalStateException.class, () -> budget.release(11));
  }

  private InflightBudget.Waiter waiter(long bytes) {
    return new InflightBudget.Waiter() {
      @Override
      public long wantedBytes() {
        return bytes;
      }

      @Override
      public void granted() {
        granted.add(bytes);
      }
    };
  }
}
