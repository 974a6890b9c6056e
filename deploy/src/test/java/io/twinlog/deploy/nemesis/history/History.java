package io.twinlog.deploy.nemesis.history;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that clients were told in a run, and which views the nodes saw; kept in a file, a line
 * for each, so that it can be checked again. Lines that begin with a hash sign are the story. Used
 * by many threads.
 */
public final class History implements AutoCloseable {

  /**
   * What a check needs.
   *
   * @param operations in no particular order
   * @param views in no particular order
   */
  public record Contents(List<Operation> operations, List<ViewSeen> views) {}

  private static final String COMMENT = "# ";

  private final BufferedWriter out;
  private final List<Operation> operations = new ArrayList<>();
  private final List<ViewSeen> views = new ArrayList<>();

  /** Begins a new file. */
  public History(Path file) throws IOException {
    out = Files.newBufferedWriter(file);
  }

  /** Adds what a client was told. */
  public synchronized void add(Operation operation) {
    operations.add(operation);
    line(operation.text());
  }

  /** Adds what a node said. */
  public synchronized void add(ViewSeen view) {
    views.add(view);
    line(view.text());
  }

  /** Adds a line to the story. */
  public synchronized void tell(String text) {
    line(COMMENT + text);
  }

  private void line(String text) {
    try {
      out.write(text);
      out.newLine();
    } catch (IOException e) {
      throw new IllegalStateException("the history cannot be written", e);
    }
  }

  /** What there is so far. */
  public synchronized Contents contents() {
    return new Contents(List.copyOf(operations), List.copyOf(views));
  }

  /** Reads a file. */
  public static Contents read(Path file) throws IOException {
    List<Operation> operations = new ArrayList<>();
    List<ViewSeen> views = new ArrayList<>();
    try (BufferedReader in = Files.newBufferedReader(file)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith(ViewSeen.WORD + " ")) {
          views.add(ViewSeen.parse(line));
        } else if (!line.startsWith(COMMENT)) {
          operations.add(Operation.parse(line));
        }
      }
    }
    return new Contents(operations, views);
  }

  @Override
  public synchronized void close() throws IOException {
    out.close();
  }
}
