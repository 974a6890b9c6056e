package io.twinlog.blockdev.sys;

import java.io.IOException;

/** A system call failed; the message names the call and the error. */
public final class SystemCallException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String call;
  private final int errno;

  SystemCallException(String call, int errno) {
    super(call + ": " + Errno.text(errno));
    this.call = call;
    this.errno = errno;
  }

  /** The call's name, such as {@code pwrite}. */
  public String call() {
    return call;
  }

  /** The error number, as in errno(3). */
  public int errno() {
    return errno;
  }

  /** Whether what was asked cannot be done with this file, wherever else it can (EOPNOTSUPP). */
  public boolean isUnsupported() {
    return errno == Errno.EOPNOTSUPP;
  }

  /** Whether there is no room for what was to be written (ENOSPC). */
  public boolean isNoSpace() {
    return errno == Errno.ENOSPC;
  }

  /** Whether an argument does not suit this file (EINVAL), such as O_DIRECT. */
  public boolean isInvalidArgument() {
    return errno == Errno.EINVAL;
  }
}
