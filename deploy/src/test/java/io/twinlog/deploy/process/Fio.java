package io.twinlog.deploy.process;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** fio, running against a pair's primary. */
final class Fio implements AutoCloseable {

  private final Process process;
  private final Path log;

  private Fio(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Writes every block of the device once, at random, in about 8 seconds, and reads all of it back;
   * each block carries its checksum.
   */
  static Fio verifying(Pair pair, int depth) throws IOException {
    Path log = pair.directory().resolve("fio.log");
    Process process =
        new ProcessBuilder(
                List.of(
                    "fio",
                    "--name=verifying",
                    "--ioengine=nbd",
                    "--uri=" + pair.alpha.uri(),
                    "--rw=randwrite",
                    "--bs=4k",
                    "--size=" + pair.sizeBytes(),
                    "--iodepth=" + depth,
                    "--rate_iops=1000",
                    "--verify=crc32c",
                    "--verify_fatal=1",
                    "--do_verify=1"))
            .directory(pair.directory().toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    return new Fio(process, log);
  }

  /** Waits for the end of the job: no error, no block that is not as it was written. */
  void orFail() throws InterruptedException {
    if (!process.waitFor(180, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new AssertionError("fio: " + Launcher.tail(log));
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
