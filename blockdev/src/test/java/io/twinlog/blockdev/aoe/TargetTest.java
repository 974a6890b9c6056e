package io.twinlog.blockdev.aoe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.RamBlockService;
import io.twinlog.blockdev.aoe.AoeMessage.Ata;
import io.twinlog.blockdev.aoe.AoeMessage.Config;
import io.twinlog.blockdev.aoe.AoeMessage.Mask;
import io.twinlog.blockdev.aoe.AoeMessage.MaskEntry;
import io.twinlog.blockdev.aoe.AoeMessage.Reserve;
import io.twinlog.blockdev.aoe.AoeMessage.Unknown;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The target's answers, frame by frame. */
class TargetTest implements TargetSink {

  private static final int BYTES = 1 << 20;
  private static final AoeAddress ADDRESS = new AoeAddress(1, 0);
  private static final MacAddress MAC = new MacAddress(0x02005e100002L);
  private static final MacAddress CLIENT = new MacAddress(0x02005e100001L);
  private static final MacAddress OTHER = new MacAddress(0x02005e100003L);

  private final RamBlockService device = new RamBlockService("r0", BYTES);
  private final ByteBuffer out = ByteBuffer.allocateDirect(16 * 1024);
  private final List<AoeFrame> answers = new ArrayList<>();
  private byte[] lastSent;

  /** One of the test's own, to see that every buffer comes back. */
  private final UnpooledByteBufAllocator buffers = new UnpooledByteBufAllocator(true);

  private final List<MacAddress> rivals = new ArrayList<>();
  private final List<MacAddress> floods = new ArrayList<>();
  private final TargetCounters counters = new TargetCounters();
  private Target target = target(List.of());
  private long now = 1_000_000_000L;
  private int tag = 0x10000;

  private Target target(List<MacAddress> allowed) {
    return target(allowed, true);
  }

  private Target target(List<MacAddress> allowed, boolean editable) {
    TargetSettings settings =
        new TargetSettings("none", ADDRESS, new UUID(1, 2), allowed, "a string", true, editable);
    Target made = new Target(settings, device, buffers, this, counters);
    made.serve(MAC, 9000);
    return made;
  }

  @AfterEach
  void close() {
    assertEquals(0, target.requests());
    device.close();
    assertEquals(0, buffers.metric().usedDirectMemory());
  }

  @Override
  public ByteBuffer frame() {
    return out.clear();
  }

  @Override
  public void send(ByteBuffer frame) {
    byte[] bytes = new byte[frame.position()];
    frame.get(0, bytes);
    lastSent = bytes;
    assertTrue(bytes.length >= 60);
    try {
      answers.add(AoeFrame.decode(ByteBuffer.wrap(bytes)));
    } catch (MalformedFrameException e) {
      throw new AssertionError("the target sent nonsense", e);
    }
  }

  @Override
  public void rival(MacAddress mac) {
    rivals.add(mac);
  }

  @Override
  public void flood(MacAddress mac) {
    floods.add(mac);
  }

  private AoeHeader header(int command) {
    tag += 0x10000;
    return AoeHeader.request(MAC, CLIENT, ADDRESS, command, tag);
  }

  private void give(AoeHeader header, AoeMessage message) {
    ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
    new AoeFrame(header, message).put(buffer);
    target.received(buffer.flip(), now);
  }

  /** The one answer to a request; null when there is none. */
  private AoeFrame ask(AoeHeader header, AoeMessage message) {
    answers.clear();
    give(header, message);
    assertTrue(answers.size() <= 1);
    return answers.isEmpty() ? null : answers.get(0);
  }

  private Ata ata(int operation, int sectors, long lba, byte[] data) {
    int flags = Ata.FLAG_EXTENDED | (data.length > 0 ? Ata.FLAG_WRITE : 0);
    return new Ata(flags, 0, sectors, operation, lba, ByteBuffer.wrap(data));
  }

  private Ata askAta(int operation, int sectors, long lba, byte[] data) {
    AoeFrame answer = ask(header(0), ata(operation, sectors, lba, data));
    assertNull(answer.header().error());
    return (Ata) answer.message();
  }

  private static byte[] random(int bytes, long seed) {
    byte[] data = new byte[bytes];
    new Random(seed).nextBytes(data);
    return data;
  }

  @Test
  void shouldReadBackWhatWasWrittenInBothAddressings() {
    byte[] data = random(17 * 512, 1);
    Ata written = askAta(Ata.WRITE_EXTENDED, 17, 8, data);
    assertEquals(Ata.STATUS_READY, written.operation());
    assertTrue(device.seen().get(0).forceUnitAccess(), "each write is to be safe");
    for (int operation : new int[] {Ata.READ, Ata.READ_EXTENDED}) {
      Ata read = askAta(operation, 17, 8, new byte[0]);
      assertEquals(Ata.STATUS_READY, read.operation());
      assertEquals(ByteBuffer.wrap(data), read.data());
    }
    // LBA28 has no more bits, whatever is in the others.
    assertEquals(ByteBuffer.wrap(data), askAta(Ata.READ, 17, 0x1_0000_0008L, new byte[0]).data());
  }

  @Test
  void shouldSayWhatItIsToLinux() throws Exception {
    Ata answer = askAta(Ata.IDENTIFY, 1, 0, new byte[0]);
    TargetIdentity identity = TargetIdentity.decode(answer.data());
    assertEquals(
        new TargetIdentity(
            BYTES / 512, "00000000000000010000", "1", "Twinlog r0", TargetIdentity.Flush.EXTENDED),
        identity);
    // What aoecmd.c reads: LBA48 in words 83 and 86, the size in 100 to 103, and in 60 and 61.
    ByteBuffer words = answer.data().slice().order(ByteOrder.LITTLE_ENDIAN);
    assertTrue((words.getShort(83 * 2) & words.getShort(86 * 2) & 1 << 10) != 0);
    assertEquals(BYTES / 512, words.getLong(100 * 2));
    assertEquals(BYTES / 512, words.getInt(60 * 2));
  }

  @Test
  void shouldRefuseInAtaWhatIsWrongWithTheData() {
    Ata past = askAta(Ata.READ_EXTENDED, 2, BYTES / 512 - 1, new byte[0]);
    assertEquals(Ata.STATUS_READY | Ata.STATUS_ERROR, past.operation());
    assertEquals(Ata.ERROR_NO_SUCH_SECTOR, past.feature());
    assertEquals(
        Ata.ERROR_NO_SUCH_SECTOR,
        askAta(Ata.WRITE_EXTENDED, 1, 0xffff_ffff_ffffL, new byte[512]).feature());
    assertEquals(Ata.ERROR_ABORTED, askAta(0xb0, 0, 0, new byte[0]).feature());
    device.failWith(BlockError.IO);
    Ata io = askAta(Ata.WRITE_EXTENDED, 1, 0, new byte[512]);
    assertEquals(Ata.ERROR_UNCORRECTABLE, io.feature());
    assertTrue((io.operation() & Ata.STATUS_FAILED) != 0);
    device.failWith(BlockError.SHUTDOWN);
    assertNull(ask(header(0), ata(Ata.READ_EXTENDED, 1, 0, new byte[0])));
  }

  @Test
  void shouldRefuseAsBadArgumentWhatIsNoRequest() {
    for (Ata bad :
        List.of(
            ata(Ata.WRITE_EXTENDED, 2, 0, new byte[512]),
            ata(Ata.WRITE_EXTENDED, 0, 0, new byte[0]),
            ata(Ata.READ_EXTENDED, 18, 0, new byte[0]),
            ata(Ata.IDENTIFY, 0, 0, new byte[0]))) {
      assertEquals(AoeError.BAD_ARGUMENT, ask(header(0), bad).header().error());
    }
    assertEquals(
        AoeError.BAD_COMMAND, ask(header(9), new Unknown(9, Ata.NO_DATA)).header().error());
    AoeHeader request = header(0);
    AoeHeader version2 = new AoeHeader(MAC, CLIENT, 2, false, null, ADDRESS, 0, request.tag());
    AoeFrame answer = ask(version2, ata(Ata.READ_EXTENDED, 1, 0, new byte[0]));
    assertEquals(AoeError.BAD_VERSION, answer.header().error());
    assertEquals(List.of(), device.seen());
  }

  @Test
  void shouldFlushWhenAsked() {
    askAta(Ata.FLUSH_EXTENDED, 0, 0, new byte[0]);
    askAta(Ata.FLUSH, 0, 0, new byte[0]);
    assertEquals(2, device.seen().size());
    assertEquals(Command.FLUSH, device.seen().get(0).command());
    assertEquals(0xff, askAta(Ata.CHECK_POWER_MODE, 0, 0, new byte[0]).sectors());
  }

  @Test
  void shouldAnswerQueriesOfAllWhoAskForIt() {
    for (AoeAddress address :
        List.of(ADDRESS, new AoeAddress(0xffff, 0xff), new AoeAddress(1, 0xff))) {
      AoeFrame answer =
          ask(AoeHeader.request(MacAddress.BROADCAST, CLIENT, address, 1, 77), Config.query());
      assertEquals(new AoeHeader(CLIENT, MAC, 1, true, null, ADDRESS, 1, 77), answer.header());
      assertEquals(new Config(64, 1, 17, 0, "a string"), answer.message());
    }
    target.mtu(1500);
    assertEquals(2, ((Config) ask(header(1), Config.query()).message()).sectorsPerFrame());
    assertNull(ask(AoeHeader.request(MAC, CLIENT, new AoeAddress(2, 0), 1, 1), Config.query()));
    assertNull(ask(AoeHeader.request(OTHER, CLIENT, ADDRESS, 1, 1), Config.query()));
  }

  @Test
  void shouldTestAndSetTheConfigString() {
    assertNull(ask(header(1), config(Config.TEST, "a")));
    assertEquals("a string", string(ask(header(1), config(Config.TEST, "a string"))));
    assertEquals("a string", string(ask(header(1), config(Config.TEST_PREFIX, "a "))));
    assertNull(ask(header(1), config(Config.TEST_PREFIX, "b")));
    AoeFrame refused = ask(header(1), config(Config.SET, "another"));
    assertEquals(AoeError.CONFIG_STRING_PRESENT, refused.header().error());
    assertEquals("a string", string(refused));
    assertNull(ask(header(1), config(Config.SET, "a string")).header().error());
    assertEquals("another", string(ask(header(1), config(Config.FORCE_SET, "another"))));
    ask(header(1), config(Config.FORCE_SET, ""));
    assertEquals("new", string(ask(header(1), config(Config.SET, "new"))));
    assertEquals(AoeError.BAD_ARGUMENT, ask(header(1), config(9, "")).header().error());
  }

  private static Config config(int code, String string) {
    return new Config(0, 0, 0, code, string);
  }

  private static String string(AoeFrame answer) {
    return ((Config) answer.message()).string();
  }

  @Test
  void shouldHearOnlyThoseOnTheLists() {
    target = target(List.of(OTHER));
    assertNull(ask(header(1), Config.query()));
    target = target(List.of(CLIENT));
    Mask add = new Mask(Mask.EDIT, 0, 1, List.of(new MaskEntry(MaskEntry.ADD, CLIENT)));
    assertEquals(
        new Mask(Mask.EDIT, 0, 1, List.of(new MaskEntry(MaskEntry.NONE, CLIENT))),
        ask(header(2), add).message());
    Mask bad = new Mask(Mask.EDIT, 0, 1, List.of(new MaskEntry(7, CLIENT)));
    assertEquals(
        new Mask(Mask.EDIT, Mask.ERROR_BAD_DIRECTIVE, 0, List.of()), ask(header(2), bad).message());
    Mask move =
        new Mask(
            Mask.EDIT,
            0,
            2,
            List.of(new MaskEntry(MaskEntry.DELETE, CLIENT), new MaskEntry(MaskEntry.ADD, OTHER)));
    ask(header(2), move);
    assertNull(ask(header(1), Config.query()));
    target = target(List.of());
    assertEquals(
        AoeError.BAD_ARGUMENT, ask(header(2), new Mask(5, 0, 0, List.of())).header().error());
  }

  @Test
  void shouldObeyTheReservationButIdentifyToAll() {
    assertEquals(
        new Reserve(Reserve.SET, List.of(OTHER)),
        ask(header(3), new Reserve(Reserve.SET, List.of(OTHER))).message());
    AoeFrame refused = ask(header(0), ata(Ata.READ_EXTENDED, 1, 0, new byte[0]));
    assertEquals(AoeError.RESERVED, refused.header().error());
    askAta(Ata.IDENTIFY, 1, 0, new byte[0]);
    assertEquals(
        AoeError.RESERVED,
        ask(header(3), new Reserve(Reserve.SET, List.of(CLIENT))).header().error());
    assertNull(ask(header(3), new Reserve(Reserve.FORCE_SET, List.of())).header().error());
    askAta(Ata.READ_EXTENDED, 1, 0, new byte[0]);
    assertEquals(AoeError.BAD_ARGUMENT, ask(header(3), new Reserve(9, List.of())).header().error());
  }

  @Test
  void shouldNotLetALateWriteOverwriteANewerOne() {
    byte[] old = random(1024, 1);
    byte[] young = random(1024, 2);
    AoeHeader first = header(0);
    AoeHeader again = header(0);
    AoeHeader newer = header(0);
    assertEquals(again.tag(), ask(again, ata(Ata.WRITE_EXTENDED, 2, 4, old)).header().tag());
    ask(newer, ata(Ata.WRITE_EXTENDED, 2, 4, young));
    // The first sending arrives at last, and the others once more.
    for (AoeHeader late : List.of(first, again, newer)) {
      assertNull(ask(late, ata(Ata.WRITE_EXTENDED, 2, 4, old)));
    }
    assertEquals(ByteBuffer.wrap(young), askAta(Ata.READ_EXTENDED, 2, 4, new byte[0]).data());
    // Another client counts for itself, and after a while the tag of long ago is forgotten.
    AoeHeader foreign = AoeHeader.request(MAC, OTHER, ADDRESS, 0, 5);
    ask(foreign, ata(Ata.WRITE_EXTENDED, 2, 4, old));
    assertEquals(ByteBuffer.wrap(old), askAta(Ata.READ_EXTENDED, 2, 4, new byte[0]).data());
    now += 11_000_000_000L;
    ask(AoeHeader.request(MAC, OTHER, ADDRESS, 0, 4), ata(Ata.WRITE_EXTENDED, 2, 4, young));
    assertEquals(ByteBuffer.wrap(young), askAta(Ata.READ_EXTENDED, 2, 4, new byte[0]).data());
  }

  @Test
  void shouldOrderTagsAsTheirClientsMakeThem() {
    // Linux: the time in the lower half, then a count of 15 bits.
    assertTrue(LateWrites.isNewer(0x0001_0005, 0x7fff_0004));
    assertTrue(LateWrites.isNewer(0x0002_0005, 0x0001_0005));
    assertTrue(LateWrites.isNewer(0x0000_0005, 0x7fff_0005));
    assertTrue(LateWrites.isNewer(0x0000_0001, 0x0000_ffff));
    assertTrue(!LateWrites.isNewer(0x0001_0005, 0x0001_0005));
    // Ours: 31 bits.
    assertTrue(LateWrites.isNewer(0x8000_0000, 0xffff_ffff));
    assertTrue(LateWrites.isNewer(0x8000_0002, 0x8000_0001));
    assertTrue(!LateWrites.isNewer(0x8000_0001, 0x8000_0002));
  }

  @Test
  void shouldSayNothingWhenItIsNotPrimary() {
    device.hold();
    give(header(0), ata(Ata.WRITE_EXTENDED, 1, 0, new byte[512]));
    give(header(0), ata(Ata.READ_EXTENDED, 1, 0, new byte[0]));
    assertEquals(2, target.requests());
    target.mute();
    // One is given up by the device, the other completed all the same.
    device.dropFirstHeld();
    device.answerHeld();
    target.announce();
    target.lookForRivals();
    assertNull(ask(header(1), Config.query()));
    assertEquals(List.of(), answers);
  }

  private AoeHeader from(MacAddress source, int command) {
    tag += 0x10000;
    return AoeHeader.request(MAC, source, ADDRESS, command, tag);
  }

  private static MacAddress client(int number) {
    return new MacAddress(0x02005e110000L + number);
  }

  @Test
  void shouldNotLetClientsWithManyRequestsKeepAnotherWaiting() {
    device.hold();
    for (int i = 0; i < 300; i++) {
      give(from(client(0), 0), ata(Ata.READ_EXTENDED, 1, i, new byte[0]));
    }
    assertEquals(128, target.requests());
    for (int i = 0; i < 300; i++) {
      give(from(client(1), 0), ata(Ata.FLUSH_EXTENDED, 0, 0, new byte[0]));
    }
    assertEquals(256, target.requests());
    for (int i = 0; i < 5; i++) {
      give(from(CLIENT, 0), ata(Ata.WRITE_EXTENDED, 1, i, new byte[512]));
    }
    assertEquals(260, target.requests());
    assertEquals(172 + 172 + 1, counters.read().tooMany());
    device.answerHeld();
    assertEquals(260, answers.size());
    assertEquals(0, target.requests());
  }

  @Test
  void shouldNotLetOneThatAsksWithoutEndKeepAnotherFromBeingAnswered() {
    answers.clear();
    for (int millis = 0; millis < 2000; millis++) {
      now += 1_000_000;
      give(from(OTHER, 1), Config.query());
      give(from(OTHER, 1), config(Config.FORCE_SET, "of the flood"));
      give(from(OTHER, 2), new Mask(Mask.READ, 0, 0, List.of()));
      give(from(OTHER, 0), ata(Ata.IDENTIFY, 1, 0, new byte[0]));
      give(from(OTHER, 0), ata(Ata.READ_EXTENDED, 2, BYTES / 512 - 1, new byte[0]));
      give(from(OTHER, 9), new Unknown(9, Ata.NO_DATA));
      if (millis % 20 == 0) {
        give(from(CLIENT, 1), Config.query());
        give(from(CLIENT, 0), ata(Ata.READ_EXTENDED, 17, 0, new byte[0]));
      }
    }
    long polite = answers.stream().filter(a -> a.header().destination().equals(CLIENT)).count();
    assertEquals(200, polite);
    // A hundred at once, and then so many a second.
    assertEquals(299, answers.size() - polite);
    assertEquals(12_000 - 299, counters.read().tooFast());
    assertEquals(List.of(OTHER), floods);
  }

  @Test
  void shouldBoundWhatIsAnsweredAndRememberedWhenSourcesAreMadeUp() {
    for (int i = 0; i < 5000; i++) {
      give(from(client(i), 1), Config.query());
    }
    assertEquals(1000, answers.size());
    assertEquals(Clients.MOST, counters.read().clients());
    now += 1_000_000_000L;
    // Who writes is not forgotten, since a late copy may come; so no more than these can.
    for (int i = 0; i < 300; i++) {
      give(from(client(10_000 + i), 0), ata(Ata.WRITE_EXTENDED, 1, i, new byte[512]));
    }
    assertEquals(Clients.MOST, device.submitted());
    assertEquals(300 - Clients.MOST, counters.read().tooMany());
    now += 11_000_000_000L;
    give(from(CLIENT, 0), ata(Ata.WRITE_EXTENDED, 1, 0, new byte[512]));
    assertEquals(Clients.MOST + 1, device.submitted());
    for (int i = 0; i < 100; i++) {
      give(new AoeHeader(MAC, client(i), 1, true, null, ADDRESS, 1, 0), config(0, ""));
    }
    assertEquals(10, rivals.size());
  }

  @Test
  void shouldNotSendMoreThanAFrameHolds() {
    target.mtu(1500);
    List<MaskEntry> many = new ArrayList<>();
    for (int i = 0; i < 185; i++) {
      many.add(new MaskEntry(MaskEntry.ADD, i == 0 ? CLIENT : client(i)));
    }
    Mask full = (Mask) ask(header(2), new Mask(Mask.EDIT, 0, 185, many)).message();
    assertEquals(185, full.count());
    assertTrue(lastSent.length <= 1514);
    Mask more = new Mask(Mask.EDIT, 0, 1, List.of(new MaskEntry(MaskEntry.ADD, OTHER)));
    assertEquals(Mask.ERROR_FULL, ((Mask) ask(header(2), more).message()).error());
    // Nothing can be said of the list when frames have become shorter than it is.
    target.mtu(1000);
    assertNull(ask(header(2), new Mask(Mask.READ, 0, 0, List.of())));
  }

  @Test
  void shouldChangeNothingForClientsWhenEditsAreRefused() {
    target = target(List.of(), false);
    for (int code : new int[] {Config.SET, Config.FORCE_SET}) {
      AoeFrame answer = ask(header(1), config(code, "another"));
      assertEquals(AoeError.BAD_ARGUMENT, answer.header().error());
      assertEquals("a string", string(answer));
    }
    Mask add = new Mask(Mask.EDIT, 0, 1, List.of(new MaskEntry(MaskEntry.ADD, OTHER)));
    assertEquals(AoeError.BAD_ARGUMENT, ask(header(2), add).header().error());
    for (int code : new int[] {Reserve.SET, Reserve.FORCE_SET}) {
      Reserve reserve = new Reserve(code, List.of(OTHER));
      assertEquals(AoeError.BAD_ARGUMENT, ask(header(3), reserve).header().error());
    }
    assertNull(ask(header(3), new Reserve(Reserve.READ, List.of())).header().error());
    askAta(Ata.READ_EXTENDED, 1, 0, new byte[0]);
  }

  @Test
  void shouldNotReadOrWriteWhenAFrameIsForEveryTarget() {
    for (AoeAddress all : List.of(new AoeAddress(0xffff, 0xff), new AoeAddress(1, 0xff))) {
      AoeHeader header = AoeHeader.request(MacAddress.BROADCAST, CLIENT, all, 0, 77);
      assertNull(ask(header, ata(Ata.WRITE_EXTENDED, 1, 0, new byte[512])));
      assertNull(ask(header, ata(Ata.READ_EXTENDED, 1, 0, new byte[0])));
    }
    assertEquals(0, device.submitted());
  }

  @Test
  void shouldAlarmOnceWhenARivalAnswersInItsPlace() {
    AoeHeader rival = new AoeHeader(MAC, OTHER, 1, true, null, ADDRESS, 1, 0);
    give(rival, config(0, ""));
    give(rival, config(0, ""));
    assertEquals(List.of(OTHER), rivals);
    now += 61_000_000_000L;
    give(rival, config(0, ""));
    assertEquals(2, rivals.size());
    give(new AoeHeader(MAC, OTHER, 1, true, null, new AoeAddress(2, 0), 1, 0), config(0, ""));
    give(new AoeHeader(MAC, MAC, 1, true, null, ADDRESS, 1, 0), config(0, ""));
    assertEquals(2, rivals.size());
    assertEquals(List.of(), answers);
  }

  @Test
  void shouldOnlyAnswerAsTheProtocolHasItWhenFramesAreDamaged() {
    Random random = new Random(5);
    long frames = Long.getLong("twinlog.aoe.frames", 50_000);
    byte[] content = random(BYTES, 9);
    device.ram().write(0, ByteBuffer.wrap(content));
    long answered = 0;
    for (long i = 0; i < frames; i++) {
      AoeHeader header =
          AoeHeader.request(
              random.nextBoolean() ? MAC : MacAddress.BROADCAST,
              CLIENT,
              ADDRESS,
              random.nextInt(4),
              random.nextInt());
      AoeFrame next = RandomFrames.next(random);
      AoeFrame frame =
          random.nextInt(3) == 0
              ? new AoeFrame(header, ata(Ata.READ_EXTENDED, 2, random.nextInt(4096), new byte[0]))
              : new AoeFrame(
                  AoeHeader.request(
                      MAC, CLIENT, ADDRESS, next.message().command(), random.nextInt()),
                  next.message());
      answers.clear();
      now += 10_000_000;
      byte[] wire = RandomFrames.damage(random, AoeFrameTest.bytes(frame));
      target.received(ByteBuffer.wrap(wire), now);
      assertTrue(answers.size() <= 1);
      for (AoeFrame answer : answers) {
        assertTrue(answer.header().response());
        assertEquals(MAC, answer.header().source());
        assertEquals(ADDRESS, answer.header().address());
        assertTrue(Arrays.equals(wire, 6, 12, lastSent, 0, 6), "for another client");
        assertTrue(Arrays.equals(wire, 20, 24, lastSent, 20, 24), "with another tag");
      }
      answered += answers.size();
      if (i % 1000 == 0) {
        // Somebody may have locked us out meanwhile.
        target.mute();
        target.serve(MAC, 9000);
      }
    }
    long all = frames;
    long some = answered;
    assertTrue(some > all / 10, () -> some + " answers to " + all + " frames");
  }
}
