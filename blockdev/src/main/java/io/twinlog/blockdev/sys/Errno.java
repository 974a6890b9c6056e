package io.twinlog.blockdev.sys;

/**
 * Error numbers of Linux, as errno(3) lists them, with their texts. Kept here because strerror(3)
 * answers in the language of the process, and what an operator searches for is the name.
 */
final class Errno {
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int ENOMEM = 12;
  static final int EINVAL = 22;
  static final int ENOTTY = 25;
  static final int ENOSPC = 28;
  static final int ENXIO = 6;
  static final int ENODEV = 19;
  static final int EOPNOTSUPP = 95;
  static final int ENETDOWN = 100;
  static final int ENOBUFS = 105;

  private Errno() {}

  /** Such as {@code ENOSPC (no space left on device)}. */
  static String text(int errno) {
    return switch (errno) {
      case EPERM -> "EPERM (operation not permitted)";
      case ENOENT -> "ENOENT (no such file or directory)";
      case EINTR -> "EINTR (interrupted system call)";
      case 5 -> "EIO (input/output error)";
      case ENXIO -> "ENXIO (no such device or address)";
      case 9 -> "EBADF (bad file descriptor)";
      case EAGAIN -> "EAGAIN (resource temporarily unavailable)";
      case ENOMEM -> "ENOMEM (cannot allocate memory)";
      case 13 -> "EACCES (permission denied)";
      case 14 -> "EFAULT (bad address)";
      case 16 -> "EBUSY (device or resource busy)";
      case 17 -> "EEXIST (file exists)";
      case ENODEV -> "ENODEV (no such device)";
      case 20 -> "ENOTDIR (not a directory)";
      case 21 -> "EISDIR (is a directory)";
      case EINVAL -> "EINVAL (invalid argument)";
      case 23 -> "ENFILE (too many open files in system)";
      case 24 -> "EMFILE (too many open files)";
      case ENOTTY -> "ENOTTY (inappropriate ioctl for device)";
      case 26 -> "ETXTBSY (text file busy)";
      case 27 -> "EFBIG (file too large)";
      case ENOSPC -> "ENOSPC (no space left on device)";
      case 29 -> "ESPIPE (illegal seek)";
      case 30 -> "EROFS (read-only file system)";
      case 32 -> "EPIPE (broken pipe)";
      case 36 -> "ENAMETOOLONG (file name too long)";
      case 38 -> "ENOSYS (function not implemented)";
      case 40 -> "ELOOP (too many levels of symbolic links)";
      case EOPNOTSUPP -> "EOPNOTSUPP (operation not supported)";
      case 90 -> "EMSGSIZE (message too long)";
      case ENETDOWN -> "ENETDOWN (network is down)";
      case ENOBUFS -> "ENOBUFS (no buffer space available)";
      case 110 -> "ETIMEDOUT (connection timed out)";
      case 116 -> "ESTALE (stale file handle)";
      case 121 -> "EREMOTEIO (remote I/O error)";
      case 122 -> "EDQUOT (disk quota exceeded)";
      case 133 -> "EHWPOISON (memory page has hardware error)";
      default -> "errno " + errno;
    };
  }
}
