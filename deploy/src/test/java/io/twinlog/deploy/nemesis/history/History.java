package io.twinlog.deploy.nemesis.history;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that clients were told in a run, and which views the nodes saw; kept in a file, a line
 * for each, so that it can be checked again. Lines that begin with a hash sign are the story. Used
 * by many threads.
 */
public final class History implements AutoCloseable {

  /**
   * What a check needs.
   *
   * @param epochs of operations, each of which begins with zeros everywhere, in no particular order
   * @param views in no particular order
   */
  public record Contents(List<List<Operation>> epochs, List<ViewSeen> views) {

    /** Those of all epochs. */
    public List<Operation> operations() {
      return epochs.stream().flatMap(List::stream).toList();
    }
  }

  private static final String COMMENT = "# ";
  private static final String EPOCH = "EPOCH";

  private final BufferedWriter out;
  private final List<List<Operation>> epochs = new ArrayList<>(List.of(new ArrayList<>()));
  private final List<ViewSeen> views = new ArrayList<>();

  /** Writes that were sent, by their values, until it is known how they ended. */
  private final Map<Long, Operation> open = new HashMap<>();

  /** Begins a new file. */
  public History(Path file) throws IOException {
    out = Files.newBufferedWriter(file);
  }

  /** A client is about to send a write, which somebody may read before it is answered. */
  public synchronized void sends(Operation write) {
    open.put(write.values()[0], write);
  }

  /** Adds what a client was told. */
  public synchronized void add(Operation operation) {
    if (operation.isWrite()) {
      open.remove(operation.values()[0]);
    }
    epochs.get(epochs.size() - 1).add(operation);
    line(operation.text());
  }

  /**
   * Whatever was lost before has been looked at; everything is zeros again, and from here on what
   * counts is what comes.
   */
  public synchronized void beginEpoch() {
    epochs.add(new ArrayList<>());
    line(EPOCH);
  }

  /** Adds what a node said. */
  public synchronized void add(ViewSeen view) {
    views.add(view);
    line(view.text());
  }

  /** Adds a line to the story, or several. */
  public synchronized void tell(String text) {
    text.lines().forEach(line -> line(COMMENT + line));
  }

  private void line(String text) {
    try {
      out.write(text);
      out.newLine();
    } catch (IOException e) {
      throw new IllegalStateException("the history cannot be written", e);
    }
  }

  /** What there is so far; what is open may have happened. */
  public synchronized Contents contents() {
    List<List<Operation>> copy = new ArrayList<>();
    epochs.forEach(epoch -> copy.add(new ArrayList<>(epoch)));
    copy.get(copy.size() - 1).addAll(open.values());
    return new Contents(copy, List.copyOf(views));
  }

  /** Reads a file. */
  public static Contents read(Path file) throws IOException {
    List<List<Operation>> epochs = new ArrayList<>(List.of(new ArrayList<>()));
    List<ViewSeen> views = new ArrayList<>();
    try (BufferedReader in = Files.newBufferedReader(file)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith(ViewSeen.WORD + " ")) {
          views.add(ViewSeen.parse(line));
        } else if (line.equals(EPOCH)) {
          epochs.add(new ArrayList<>());
        } else if (!line.startsWith(COMMENT)) {
          epochs.get(epochs.size() - 1).add(Operation.parse(line));
        }
      }
    }
    return new Contents(epochs, views);
  }

  @Override
  public synchronized void close() throws IOException {
    out.close();
  }
}
