// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.Seeds;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Collectives that ranks come to need in the middle of a pass, each in its own time: one at a time, of all ranks.
 *
 * <p>A rank that needs one asks; one that needs none rests, and takes part in what others ask for until all
 * rest. In each round the ranks tell each other what they want, and all do what the first of them wants. So
 * ranks may run different numbers of passes, or none: at the end of the data, in texts of different lengths,
 * where one rank writes a file. Where all do the same, a round is one small message.
 */
final class Attendance {

  private static final int NOTHING = -1;

  private final ProcessGroup ranks;

  /** A rank's part in a collective. */
  @FunctionalInterface
  interface Part {
    /**
     * Takes part.
     *
     * @param wanted whether this rank has asked for it
     */
    void run(boolean wanted);
  }

  private final List<Part> collectives;

  /**
   * Prepares rounds.
   *
   * @param collectives what may be asked for, the same on all ranks
   */
  Attendance(ProcessGroup ranks, List<Part> collectives) {
    this.ranks = ranks;
    this.collectives = List.copyOf(collectives);
  }

  /** Returns when a collective has been done that this rank wants. */
  void ask(int collective) {
    int done;
    do {
      done = round(collective);
    } while (done != collective);
  }

  /** Takes part in what others want, until none wants anything. */
  void rest() {
    int done;
    do {
      done = round(NOTHING);
    } while (done != NOTHING);
  }

  private int round(int mine) {
    int[] first = {NOTHING};
    Seeds.waiting(
        () -> {
          byte[] wish = ByteBuffer.allocate(Integer.BYTES).putInt(mine).array();
          for (byte[] ofRank : ranks.allGather(wish)) {
            if (first[0] == NOTHING) {
              first[0] = ByteBuffer.wrap(ofRank).getInt();
            }
          }
          if (first[0] != NOTHING) {
            collectives.get(first[0]).run(first[0] == mine);
          }
        });
    return first[0];
  }
}
