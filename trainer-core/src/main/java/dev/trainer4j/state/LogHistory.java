// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.state;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.RandomAccess;

/**
 * The growing log of a run, with snapshots that cost nothing.
 *
 * <p>Lines are only ever added, so a snapshot is the shared list and its length at that moment.
 */
public final class LogHistory {

  private final ArrayList<LogEntry> entries;

  /** Starts a log with {@code earlier} lines. */
  public LogHistory(Collection<LogEntry> earlier) {
    entries = new ArrayList<>(earlier);
  }

  /** Adds a line. */
  public void add(LogEntry entry) {
    entries.add(entry);
  }

  /** Returns the lines so far; later lines do not show in it. */
  public List<LogEntry> snapshot() {
    return new Prefix(entries, entries.size());
  }

  private static final class Prefix extends AbstractList<LogEntry> implements RandomAccess {
    private final List<LogEntry> all;
    private final int size;

    Prefix(List<LogEntry> all, int size) {
      this.all = all;
      this.size = size;
    }

    @Override
    public LogEntry get(int index) {
      if (index >= size) {
        throw new IndexOutOfBoundsException(index);
      }
      return all.get(index);
    }

    @Override
    public int size() {
      return size;
    }
  }
}
