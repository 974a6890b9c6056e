package io.twinlog.blockdev.shelf;

import io.twinlog.blockdev.aoe.AoeAddress;
import io.twinlog.blockdev.aoe.AoeShelf;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a shelf is, as the configuration says it. */
public sealed interface ShelfSpec {

  /**
   * A regular file or block device: {@code file:/srv/san/r0.img}, or {@code
   * file:/srv/san/r0.img?buffered} to go through this machine's page cache, or {@code
   * file:/srv/san/r0.img?deadline=30s}, or with both, {@code ?buffered&deadline=30s}.
   *
   * @param path absolute
   * @param buffered allowed only where no other machine ever uses the shelf
   * @param deadline after this time without progress it is gone on without, where there are others
   */
  record FileSpec(Path path, boolean buffered, Duration deadline) implements ShelfSpec {

    private static final Pattern FORM =
        Pattern.compile("file:(.*?)(?:\\?(buffered)|\\?(?:(buffered)&)?deadline=([0-9]{1,4})s)?");

    /** What a path may contain, but hardly does. */
    private static final Pattern MISSPELT = Pattern.compile(".*\\?(?:buffered|deadline).*");

    static FileSpec parse(String text) {
      Matcher matcher = FORM.matcher(text);
      if (!matcher.matches() || MISSPELT.matcher(matcher.group(1)).matches()) {
        throw new IllegalArgumentException(
            "shelf " + text + ": a path is followed by ?buffered, ?deadline=30s or both, with a &");
      }
      Path path;
      try {
        path = Path.of(matcher.group(1));
      } catch (InvalidPathException e) {
        throw new IllegalArgumentException("shelf " + text + ": " + e.getReason(), e);
      }
      if (!path.isAbsolute()) {
        throw new IllegalArgumentException("shelf " + text + ": the path must be absolute");
      }
      boolean buffered = matcher.group(2) != null || matcher.group(3) != null;
      return new FileSpec(path, buffered, parseDeadline(text, matcher.group(4)));
    }

    @Override
    public String text() {
      String deadlineText = deadlineText(deadline);
      String join = buffered && !deadlineText.isEmpty() ? "&" : "";
      String options = (buffered ? "buffered" : "") + join + deadlineText;
      return FILE + path + (options.isEmpty() ? "" : "?" + options);
    }

    @Override
    public Shelf open(String label, UncaughtExceptionHandler fatal) throws IOException {
      return FileShelf.open(this, label, fatal);
    }

    @Override
    public boolean createIfMissing(long sizeBytes) throws IOException {
      return FileShelfCreation.createIfMissing(this, sizeBytes);
    }
  }

  /**
   * An AoE target: {@code aoe:eth1/7.0}, or {@code aoe:eth1,eth2/7.0} to reach it through two
   * interfaces, or with options, {@code aoe:eth1/7.0?deadline=30s&reserve=kept}.
   *
   * @param deadline after this time without an answer I/O fails
   * @param kept the target keeps its reservation over its own restart and power loss, and has
   *     carried out what it took before a reservation when it answers that
   */
  record AoeSpec(List<String> interfaces, AoeAddress address, Duration deadline, boolean kept)
      implements ShelfSpec {

    private static final Pattern FORM =
        Pattern.compile("aoe:([^/,?]+(?:,[^/,?]+)*)/([0-9.]+)(?:\\?([^?]*))?");

    private static final Pattern DEADLINE = Pattern.compile("deadline=([0-9]{1,4})s");
    private static final String KEPT = "reserve=kept";

    static AoeSpec parse(String text) {
      Matcher matcher = FORM.matcher(text);
      if (!matcher.matches()) {
        throw malformed(text);
      }
      Duration deadline = DEFAULT_DEADLINE;
      boolean kept = false;
      String options = matcher.group(3);
      for (String option : options == null ? new String[0] : options.split("&", -1)) {
        Matcher time = DEADLINE.matcher(option);
        if (time.matches()) {
          deadline = Duration.ofSeconds(Integer.parseInt(time.group(1)));
        } else if (option.equals(KEPT)) {
          kept = true;
        } else {
          throw malformed(text);
        }
      }
      if (deadline.isZero()) {
        throw new IllegalArgumentException("shelf " + text + ": a deadline of nothing");
      }
      try {
        List<String> interfaces = List.of(matcher.group(1).split(",", -1));
        return new AoeSpec(interfaces, AoeAddress.parse(matcher.group(2)), deadline, kept);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("shelf " + text + ": " + e.getMessage(), e);
      }
    }

    private static IllegalArgumentException malformed(String text) {
      return new IllegalArgumentException(
          "shelf " + text + ": not an AoE target; one looks like aoe:eth1/7.0");
    }

    @Override
    public String text() {
      List<String> options = new ArrayList<>(2);
      if (!deadline.equals(DEFAULT_DEADLINE)) {
        options.add(deadlineText(deadline));
      }
      if (kept) {
        options.add(KEPT);
      }
      String end = options.isEmpty() ? "" : "?" + String.join("&", options);
      return AOE + String.join(",", interfaces) + "/" + address + end;
    }

    @Override
    public Shelf open(String label, UncaughtExceptionHandler fatal) throws IOException {
      return AoeShelf.open(this, label, fatal);
    }

    /** Who is locked out waits for the frames of an earlier process before it lets itself in. */
    @Override
    public Duration openLimit() {
      return deadline.plus(AoeShelf.FRAME_LIFE);
    }

    /** Never: the target's operator makes it. */
    @Override
    public boolean createIfMissing(long sizeBytes) {
      return false;
    }
  }

  /** The scheme of {@link FileSpec}. */
  String FILE = "file:";

  /** The scheme of {@link AoeSpec}. */
  String AOE = "aoe:";

  /** Unless the configuration says otherwise. */
  Duration DEFAULT_DEADLINE = Duration.ofSeconds(10);

  /** As configured; {@link #parse} of it gives an equal one. */
  String text();

  /** How long the shelf may not answer. */
  Duration deadline();

  /** How long it may take to open it. */
  default Duration openLimit() {
    return deadline();
  }

  /**
   * Opens the shelf, which must exist, and starts its threads.
   *
   * @param label names the threads, such as {@code r0.0}; up to 10 characters of it are seen
   * @param fatal told when a thread of the shelf dies
   */
  Shelf open(String label, UncaughtExceptionHandler fatal) throws IOException;

  /**
   * Makes the shelf when there is none and that is in our hands.
   *
   * @return whether it was made
   */
  boolean createIfMissing(long sizeBytes) throws IOException;

  /**
   * Reads a shelf's place.
   *
   * @throws IllegalArgumentException with a reason for the operator
   */
  static ShelfSpec parse(String text) {
    if (text.startsWith(FILE)) {
      return FileSpec.parse(text);
    }
    if (text.startsWith(AOE)) {
      return AoeSpec.parse(text);
    }
    throw new IllegalArgumentException(
        "shelf " + text + ": not a shelf; one looks like file:/srv/san/r0.img or aoe:eth1/7.0");
  }

  /** {@code seconds} is null where the configuration says nothing. */
  private static Duration parseDeadline(String text, String seconds) {
    Duration deadline =
        seconds == null ? DEFAULT_DEADLINE : Duration.ofSeconds(Integer.parseInt(seconds));
    if (deadline.isZero()) {
      throw new IllegalArgumentException("shelf " + text + ": a deadline of nothing");
    }
    return deadline;
  }

  private static String deadlineText(Duration deadline) {
    return deadline.equals(DEFAULT_DEADLINE) ? "" : "deadline=" + deadline.toSeconds() + "s";
  }
}
