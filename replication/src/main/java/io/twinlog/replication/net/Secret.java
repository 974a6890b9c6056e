package io.twinlog.replication.net;

import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What both nodes of a resource know and nobody else does. Is never printed. */
public final class Secret {

  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec key;

  /**
   * Copies the bytes.
   *
   * @throws IllegalArgumentException when there are none
   */
  public Secret(byte[] bytes) {
    if (bytes.length == 0) {
      throw new IllegalArgumentException("the shared secret is empty");
    }
    key = new SecretKeySpec(bytes, ALGORITHM);
  }

  /** A fresh HMAC-SHA256 with this secret. */
  Mac mac() {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HMAC-SHA256", e);
    }
  }

  @Override
  public String toString() {
    return "(secret)";
  }
}
