package io.twinlog.blockdev;

/** A device as front ends (NBD, AoE) see it. All calls are made on the device's event loop. */
public interface BlockService {

  /** The resource's name, which is also the NBD export name. */
  String name();

  /** Size in bytes, a multiple of 4096; constant. */
  long sizeBytes();

  /**
   * Whether clients are served here now. While false a front end refuses new clients with {@link
   * #refusal}; those connected are closed by {@link BlockRequest#dropped} and {@link
   * ClientListener#leftPrimary}.
   */
  boolean isPrimary();

  /** One line for a client that is refused, naming the primary when it is known. */
  String refusal();

  /**
   * Takes a request over. Writes take effect in the order of their submission. The device may
   * answer at once, inside this call.
   */
  void submit(BlockRequest request);

  /** Registers for role changes. */
  void addListener(ClientListener listener);

  /** Removes a listener; unknown ones are ignored. */
  void removeListener(ClientListener listener);

  /** How front ends learn that the node has left or taken the primary role. */
  interface ClientListener {
    /** Close every client connection now, reply to nothing that is open. */
    void leftPrimary();

    /** Clients may be taken from now on. */
    default void becamePrimary() {}
  }
}
