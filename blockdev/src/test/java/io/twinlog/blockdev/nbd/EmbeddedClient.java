package io.twinlog.blockdev.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.twinlog.blockdev.RamBlockService;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * A connection without sockets: what the client sends goes through the real handlers at once, on
 * the test's thread. Closing it checks that no buffer and no byte of the budget is left in use.
 */
final class EmbeddedClient implements AutoCloseable {

  static final int SIZE_BYTES = 1 << 20;

  /** Fixed newstyle and no zeroes. */
  static final String CLIENT_FLAGS = "00000003";

  /** One for all: each would keep its first chunk until the next garbage collection. */
  private static final PooledByteBufAllocator ALLOCATOR = new PooledByteBufAllocator(true);

  static {
    // Hostile clients are the point here; a line for each would bury everything else.
    ((Logger) LoggerFactory.getLogger("io.twinlog.blockdev.nbd")).setLevel(Level.ERROR);
  }

  private final List<RamBlockService> services = new ArrayList<>();
  private final InflightBudget budget;
  private final EmbeddedChannel channel;

  EmbeddedClient() {
    this(NbdLimits.DEFAULT, 96L << 20, "r0");
  }

  EmbeddedClient(NbdLimits limits, long budgetBytes, String... names) {
    this(limits, budgetBytes, SIZE_BYTES, names);
  }

  private EmbeddedClient(NbdLimits limits, long budgetBytes, int sizeBytes, String... names) {
    budget = new InflightBudget(budgetBytes);
    channel = new EmbeddedChannel();
    List<NbdExport> exports = new ArrayList<>();
    for (String name : names) {
      RamBlockService service = new RamBlockService(name, sizeBytes);
      services.add(service);
      exports.add(new NbdExport(service, channel.eventLoop(), "the " + name, budget));
    }
    ExportTable table = new ExportTable(exports);
    table.all().forEach(served -> served.export().service().addListener(served));
    channel.config().setAllocator(ALLOCATOR);
    channel.pipeline().addLast(new NegotiationHandler(channel, table, limits));
    channel.pipeline().fireChannelActive();
  }

  /** One that has read the greeting and sent its flags. */
  static EmbeddedClient greeted() {
    EmbeddedClient client = new EmbeddedClient();
    client.greet();
    return client;
  }

  /** One in transmission by NBD_OPT_EXPORT_NAME: simple replies. */
  static EmbeddedClient simple() {
    EmbeddedClient client = greeted();
    client.exportName();
    return client;
  }

  /** One in transmission by NBD_OPT_GO, with structured replies and {@code base:allocation}. */
  static EmbeddedClient structured() {
    EmbeddedClient client = greeted();
    client.goStructured();
    return client;
  }

  /** As {@link #simple}, with a device of another size. */
  static EmbeddedClient ofSize(int sizeBytes) {
    EmbeddedClient client = new EmbeddedClient(NbdLimits.DEFAULT, 96L << 20, sizeBytes, "r0");
    client.greet();
    client.exportName();
    return client;
  }

  void greet() {
    receive();
    send(CLIENT_FLAGS);
  }

  void exportName() {
    send("'IHAVEOPT' 00000001 00000002 'r0'");
    assertEquals(10, receive().length);
  }

  void goStructured() {
    send("'IHAVEOPT' 00000008 00000000");
    send("'IHAVEOPT' 0000000a 0000001d 00000002 'r0' 00000001 0000000f 'base:allocation'");
    send("'IHAVEOPT' 00000007 00000008 00000002 'r0' 0000");
    assertTrue(receive().length > 0);
  }

  RamBlockService service() {
    return services.get(0);
  }

  RamBlockService service(int index) {
    return services.get(index);
  }

  InflightBudget budget() {
    return budget;
  }

  EmbeddedChannel channel() {
    return channel;
  }

  long pinnedBytes() {
    return ALLOCATOR.pinnedDirectMemory();
  }

  /** See {@link Wire#bytes}. */
  void send(String text) {
    send(Wire.bytes(text));
  }

  /** As one read of the socket. */
  void send(byte[] bytes) {
    if (channel.isOpen()) {
      channel.writeInbound(ALLOCATOR.directBuffer(Math.max(1, bytes.length)).writeBytes(bytes));
    }
  }

  /** In reads of so many bytes. */
  void sendInPieces(byte[] bytes, int pieceBytes) {
    for (int at = 0; at < bytes.length; at += pieceBytes) {
      send(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + pieceBytes)));
    }
  }

  /** Everything sent to the client since the last call. */
  byte[] receive() {
    channel.runPendingTasks();
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      byte[] bytes = new byte[out.readableBytes()];
      out.readBytes(bytes);
      received.writeBytes(bytes);
      out.release();
    }
    return received.toByteArray();
  }

  void expect(String text) {
    assertEquals(Wire.hex(Wire.bytes(text)), Wire.hex(receive()));
  }

  void expectOpen() {
    channel.runPendingTasks();
    assertTrue(channel.isOpen());
  }

  void expectClosed() {
    channel.runPendingTasks();
    assertFalse(channel.isOpen());
  }

  @Override
  public void close() {
    receive();
    var unused = channel.close();
    channel.runPendingTasks();
    services.forEach(RamBlockService::answerHeld);
    channel.runPendingTasks();
    receive();
    channel.checkException();
    services.forEach(RamBlockService::close);
    assertEquals(0, budget.usedBytes(), "bytes of the budget");
    assertEquals(0, pinnedBytes(), "bytes of buffers");
  }
}
