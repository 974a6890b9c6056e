package io.twinlog.blockdev;

/** Why a request was refused. Each front end maps these to its own codes in one table. */
public enum BlockError {
  /** The range is not inside the device. */
  OUT_OF_RANGE,
  /** The request itself is malformed, such as an unknown flag or a length over the limit. */
  INVALID,
  /** The device cannot give or keep the data. */
  IO,
  /** The node is shutting down. */
  SHUTDOWN
}
