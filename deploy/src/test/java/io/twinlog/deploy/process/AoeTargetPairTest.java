package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.shelf.BlockingShelf;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.blockdev.shelf.ShelfSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A pair that serves AoE; its client is our own initiator. */
@Tag("process")
final class AoeTargetPairTest {

  private static final int RECORD_BYTES = 16 * 1024;

  @ParameterizedTest
  @CsvSource({"9000, ram", "1500, log"})
  void shouldPauseAndLoseNothingWhenThePrimaryIsKilled(int mtu, String flush) throws Exception {
    try (AoeSwitch network = AoeSwitch.start(mtu);
        Pair pair = Pair.start(configuration(network, flush));
        Shelf client = client(network);
        Client writer = new Client(client)) {
      assertEquals(pair.sizeBytes(), client.sizeBytes());
      writer.awaitMore(100);
      pair.alpha.kill();
      Pair.takeOver(pair.beta);
      writer.awaitMore(100);
      pair.alpha.start();
      pair.awaitBothUpToDate(pair.beta);
      pair.beta.twinlog("switchover", "r0").orFail();
      writer.awaitMore(100);
      writer.finish();
    }
  }

  private static String configuration(AoeSwitch network, String flush) {
    return """
        flush = %s
          nodes {
            alpha { aoe = "%s/1.0" }
            beta  { aoe = "%s/1.0" }
          }
        """
        .formatted(flush, network.port("alpha"), network.port("beta"));
  }

  private static Shelf client(AoeSwitch network) throws IOException {
    return ShelfSpec.parse("aoe:" + network.port("client") + "/1.0?deadline=60s")
        .open("client", (thread, death) -> death.printStackTrace());
  }

  /** Writes records one after the other, round and round, and knows what each place must hold. */
  private static final class Client implements AutoCloseable {
    private final Shelf shelf;
    private final long[] seeds;
    private final Thread thread = new Thread(this::run, "aoe-client");
    private volatile long written;
    private volatile boolean stopping;
    private volatile IOException failure;

    Client(Shelf shelf) throws IOException {
      this.shelf = shelf;
      this.seeds = new long[(int) (shelf.sizeBytes() / RECORD_BYTES)];
      thread.start();
    }

    private void run() {
      ByteBuffer record = ByteBuffer.allocateDirect(RECORD_BYTES);
      try {
        while (!stopping) {
          long seed = written + 1;
          int place = (int) (written * 7 % seeds.length);
          record.clear().put(content(seed)).flip();
          new BlockingShelf(shelf)
              .run("write", chain -> chain.write((long) place * RECORD_BYTES, record));
          seeds[place] = seed;
          written = seed;
        }
      } catch (IOException e) {
        failure = e;
      }
    }

    private static byte[] content(long seed) {
      byte[] content = new byte[RECORD_BYTES];
      new Random(seed).nextBytes(content);
      return content;
    }

    void awaitMore(long count) throws InterruptedException {
      long wanted = written + count;
      for (int i = 0; i < 9000 && written < wanted && failure == null; i++) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      assertEquals(null, failure, "a client must see a pause, and no error");
      assertTrue(written >= wanted, () -> "after " + written + " records nothing more");
    }

    void finish() throws IOException, InterruptedException {
      stopping = true;
      thread.join();
      assertEquals(null, failure, "a client must see a pause, and no error");
      ByteBuffer read = ByteBuffer.allocateDirect(RECORD_BYTES);
      for (int place = 0; place < seeds.length; place++) {
        if (seeds[place] != 0) {
          new BlockingShelf(shelf).read("read", (long) place * RECORD_BYTES, read);
          assertEquals(-1, ByteBuffer.wrap(content(seeds[place])).mismatch(read), "at " + place);
        }
      }
    }

    @Override
    public void close() {
      stopping = true;
    }
  }
}
