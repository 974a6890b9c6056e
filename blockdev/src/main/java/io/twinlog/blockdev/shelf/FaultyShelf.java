package io.twinlog.blockdev.shelf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.function.Predicate;

/**
 * A shelf that has faults when told to, around one that has none: for tests, and for drills in the
 * field. The same seed and the same calls give the same faults. May be told and used by several
 * threads.
 */
public final class FaultyShelf implements Shelf {

  /** Runs an action once a time has passed; the clock is the caller's. */
  @FunctionalInterface
  public interface Delayer {
    /** {@code nanos} is not negative. */
    void runAfter(long nanos, Runnable action);
  }

  /** A step about to be carried out: the chain, and which of its steps, from 0. */
  public record Point(IoChain chain, int index) {

    public IoChain.Step step() {
      return chain.steps().get(index);
    }

    public boolean isWrite() {
      return step() instanceof IoChain.Write;
    }

    public boolean isRead() {
      return step() instanceof IoChain.Read;
    }

    public boolean isSync() {
      return step() instanceof IoChain.Sync;
    }
  }

  private record Rule(Fault fault, Predicate<Point> where, double probability, boolean once) {}

  private record Held(Point point, Executor owner) {}

  private final Shelf inner;
  private final Delayer delayer;
  private final Random random;

  // Guarded by this.
  private final List<Rule> rules = new ArrayList<>();
  private final List<Held> held = new ArrayList<>();
  private long faults;
  private boolean closed;

  /** Wraps and owns {@code inner}; without faults until told. */
  public FaultyShelf(Shelf inner, long seed, Delayer delayer) {
    this.inner = inner;
    this.delayer = delayer;
    this.random = new Random(seed);
  }

  /** The next step that {@code where} matches gets the fault. */
  public synchronized void injectOnce(Fault fault, Predicate<Point> where) {
    rules.add(new Rule(fault, where, 1, true));
  }

  /** From now on each step that {@code where} matches gets the fault with this probability. */
  public synchronized void inject(Fault fault, double probability, Predicate<Point> where) {
    rules.add(new Rule(fault, where, probability, false));
  }

  /** No more faults; what stalls goes on. */
  public void heal() {
    synchronized (this) {
      rules.clear();
    }
    release();
  }

  /** What stalls goes on, in the order in which it came. */
  public void release() {
    List<Held> released;
    synchronized (this) {
      released = List.copyOf(held);
      held.clear();
    }
    for (Held step : released) {
      goOn(step.point().chain(), step.point().index(), step.owner());
    }
  }

  /** How many chains stall. */
  public synchronized int stalled() {
    return held.size();
  }

  /** How many faults there were. */
  public synchronized long faults() {
    return faults;
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public long sizeBytes() throws IOException {
    return inner.sizeBytes();
  }

  @Override
  public int sectorBytes() {
    return inner.sectorBytes();
  }

  @Override
  public void submit(IoChain chain, Executor owner) {
    advance(chain, 0, 0, owner);
  }

  /** Carries out the step whose turn has come after a pause, and the ones after it. */
  private void goOn(IoChain chain, int index, Executor owner) {
    advance(chain, index, index + 1, owner);
  }

  /** Carries out the steps from {@code first}; those from {@code exposed} on may get a fault. */
  private void advance(IoChain chain, int first, int exposed, Executor owner) {
    int steps = chain.steps().size();
    for (int i = exposed; i < steps; i++) {
      Point point = new Point(chain, i);
      Fault fault = pick(point);
      if (fault != null) {
        strike(point, fault, first, owner);
        return;
      }
    }
    submitPart(chain, first, steps, null, owner, () -> chain.complete(null));
  }

  private synchronized Fault pick(Point point) {
    for (int i = 0; i < rules.size(); i++) {
      Rule rule = rules.get(i);
      if (rule.where().test(point) && random.nextDouble() < rule.probability()) {
        if (rule.once()) {
          rules.remove(i);
        }
        faults++;
        return rule.fault();
      }
    }
    return null;
  }

  private void strike(Point point, Fault fault, int first, Executor owner) {
    IoChain chain = point.chain();
    int index = point.index();
    if (fault instanceof Fault.FailAfterwards) {
      submitPart(chain, first, index + 1, null, owner, () -> fail(point, "after it was done"));
    } else if (fault instanceof Fault.Tear) {
      IoChain.Write torn = point.step() instanceof IoChain.Write write ? tear(write) : null;
      submitPart(chain, first, index, torn, owner, () -> fail(point, "torn"));
    } else if (fault instanceof Fault.Stall) {
      submitPart(chain, first, index, null, owner, () -> hold(new Held(point, owner)));
    } else if (fault instanceof Fault.Delay delay) {
      Runnable later = () -> delayer.runAfter(delay.nanos(), () -> goOn(chain, index, owner));
      submitPart(chain, first, index, null, owner, later);
    } else {
      submitPart(chain, first, index, null, owner, () -> fail(point, "not done"));
    }
  }

  /** {@code done} runs on the owner's loop when all went well, else the whole chain has failed. */
  private void submitPart(
      IoChain chain, int from, int to, IoChain.Write last, Executor owner, Runnable done) {
    IoChain.Completion completion =
        error -> {
          if (error == null) {
            done.run();
          } else {
            chain.complete(error);
          }
        };
    IoChain part = new IoChain(chain.name(), chain.lane(), completion);
    part.steps().addAll(chain.steps().subList(from, to));
    if (last != null) {
      part.steps().add(last);
    }
    inner.submit(part, owner);
  }

  private synchronized IoChain.Write tear(IoChain.Write write) {
    ByteBuffer data = write.data();
    int sectors = data.remaining() / inner.sectorBytes();
    int written = sectors == 0 ? 0 : random.nextInt(sectors);
    ByteBuffer part = data.duplicate().limit(data.position() + written * inner.sectorBytes());
    return new IoChain.Write(write.offsetBytes(), part);
  }

  private void hold(Held step) {
    synchronized (this) {
      if (!closed) {
        held.add(step);
        return;
      }
    }
    fail(step.point(), "stalled when the shelf was closed");
  }

  private void fail(Point point, String how) {
    String text = point.step().getClass().getSimpleName() + " " + point.index();
    point
        .chain()
        .complete(
            new IOException(
                "injected fault on shelf "
                    + name()
                    + " ("
                    + point.chain().name()
                    + "): "
                    + text
                    + " "
                    + how));
  }

  /** What stalls fails. */
  @Override
  public void close() throws IOException {
    List<Held> left;
    synchronized (this) {
      closed = true;
      left = List.copyOf(held);
      held.clear();
    }
    for (Held step : left) {
      step.owner().execute(() -> fail(step.point(), "stalled when the shelf was closed"));
    }
    inner.close();
  }
}
