package io.twinlog.blockdev.sys;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Memory outside the Java heap that this process has mapped. Not thread-safe. */
public sealed interface Memory extends AutoCloseable permits AnonymousMemory, SharedMemory {

  /** Size in bytes, as asked for. */
  long sizeBytes();

  /** What the memory is made of, in words. */
  String description();

  /**
   * Makes every page present now and for as long as the memory is mapped.
   *
   * @throws SystemCallException {@code mlock} with ENOMEM, EPERM or EAGAIN where the limit is too
   *     low
   */
  void lock() throws SystemCallException;

  /**
   * A view of part of the memory, big-endian. The caller neither uses it after {@link #close} nor
   * hands it to code that might: touching it then ends the process.
   */
  ByteBuffer window(long offsetBytes, int lengthBytes);

  /** Gives the memory back; idempotent. */
  @Override
  void close() throws IOException;
}
