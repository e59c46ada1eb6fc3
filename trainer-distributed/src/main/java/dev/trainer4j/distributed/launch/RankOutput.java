// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The output of all ranks: shown line by line, kept for a report, and written to files if wanted. */
final class RankOutput {

  /** Where a line was written to. */
  enum Channel {
    STDOUT,
    STDERR
  }

  private record Key(int rank, Channel channel) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byRank = Integer.compare(rank, other.rank);
      return byRank != 0 ? byRank : channel.compareTo(other.channel);
    }
  }

  private final boolean single;
  private final boolean quiet;
  private final int keptLines;
  private final PrintStream out;
  private final PrintStream err;
  private final LogFiles files;
  private final Map<Key, Deque<String>> kept = new TreeMap<>();
  private boolean lossTold;

  /**
   * @param single whether there is one rank only, whose lines need no name
   * @param quiet whether only rank 0 is shown
   * @param keptLines of each rank and channel, the last ones
   */
  RankOutput(
      boolean single,
      boolean quiet,
      int keptLines,
      PrintStream out,
      PrintStream err,
      LogFiles files) {
    this.single = single;
    this.quiet = quiet;
    this.keptLines = keptLines;
    this.out = out;
    this.err = err;
    this.files = files;
  }

  synchronized void line(int rank, Channel channel, String line) {
    Deque<String> lines = kept.computeIfAbsent(new Key(rank, channel), key -> new ArrayDeque<>());
    lines.addLast(line);
    if (lines.size() > keptLines) {
      lines.removeFirst();
    }
    if (rank == LineDecoder.NO_RANK) {
      return; // What a starter says of a failure is told in the report.
    }
    keep(rank, channel, line);
    if (!quiet || rank == 0) {
      (channel == Channel.STDOUT ? out : err)
          .println(single ? line : "[rank " + rank + "] " + line);
    }
  }

  /** Ranks go on where their output cannot be kept in a file, as on a disk that is full. */
  private void keep(int rank, Channel channel, String line) {
    try {
      if (!lossTold) {
        files.write(rank, channel, line);
      }
    } catch (IOException e) {
      lossTold = true;
      say("from here on --log_dir lacks the output, since it cannot be written: " + e);
    }
  }

  /** Returns the last lines of a rank. */
  synchronized List<String> kept(int rank, Channel channel) {
    return new ArrayList<>(kept.getOrDefault(new Key(rank, channel), new ArrayDeque<>()));
  }

  /** Says something of the job's, between the lines of ranks. */
  synchronized void say(String line) {
    err.println("launch: " + line);
    err.flush();
  }
}
