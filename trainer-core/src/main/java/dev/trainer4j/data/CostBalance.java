// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Cuts samples, the longest first, into groups of similar cost: the search of {@code
 * BatchRebalanceSampler} in Hugging Face's transformers 5.18, with its results.
 *
 * <p>One sample after the other goes from the most expensive group to the cheapest. Where the most
 * expensive one has a single sample left, its whole slot (as many groups as there are ranks, by cost) is
 * filled up to that cost and frozen, and the search goes on among the others. It ends when a state comes
 * again, and the state with the least spread wins.
 */
final class CostBalance {

  private static final double QUADRATIC = 0.001;
  private static final int MOVES_PER_GROUP = 30;

  /** What comes out. */
  static final class Groups {

    private final int[] starts;
    private final Integer[] byCost;

    private Groups(int[] starts, Integer[] byCost) {
      this.starts = starts;
      this.byCost = byCost;
    }

    int count() {
      return byCost.length;
    }

    /** Returns the group of this rank by cost; 0 is the most expensive one. */
    int byCost(int place) {
      return byCost[place];
    }

    int start(int group) {
      return starts[group];
    }

    int end(int group) {
      return starts[group + 1];
    }
  }

  private final int[] lengths;
  private final int worldSize;
  private final int[] counts;
  private final boolean[] frozen;

  /** Begins with groups of equal size; there must be no more than samples. */
  CostBalance(int[] lengths, int groups, int worldSize) {
    this.lengths = lengths;
    this.worldSize = worldSize;
    counts = new int[groups];
    frozen = new boolean[groups];
    for (int i = 0; i < groups; i++) {
      counts[i] = lengths.length / groups + (i < lengths.length % groups ? 1 : 0);
    }
  }

  /** Searches, in so many moves or in 30 for each group. */
  Groups solve(int leastMoves) {
    int moves = Math.max(counts.length * MOVES_PER_GROUP, leastMoves);
    Set<IntBuffer> seen = new HashSet<>();
    int[] best = counts.clone();
    double leastSpread = Double.POSITIVE_INFINITY;
    while (moves-- > 0 && seen.add(IntBuffer.wrap(counts.clone()))) {
      double[] costs = costs(counts);
      int high = -1;
      int low = -1;
      int active = 0;
      for (int i = 0; i < counts.length; i++) {
        if (!frozen[i]) {
          high = high < 0 || costs[i] > costs[high] ? i : high;
          low = low < 0 || costs[i] < costs[low] ? i : low;
          active++;
        }
      }
      if (active <= 1) {
        break;
      }
      double spread = costs[high] - costs[low];
      if (spread < leastSpread) {
        leastSpread = spread;
        best = counts.clone();
      }
      if (spread == 0) {
        break;
      }
      if (counts[high] > 1) {
        counts[high]--;
        counts[low]++;
      } else {
        freezeSlot(high, costs);
      }
    }
    return new Groups(starts(best), byCost(costs(best)));
  }

  private void freezeSlot(int pivot, double[] costs) {
    Integer[] ranking = byCost(costs);
    int slot = Arrays.asList(ranking).indexOf(pivot) / worldSize;
    boolean[] members = new boolean[counts.length];
    for (int i = slot * worldSize; i < Math.min(counts.length, (slot + 1) * worldSize); i++) {
      members[ranking[i]] = true;
    }
    for (int group = 0; group < counts.length; group++) {
      if (members[group] && !frozen[group] && group != pivot) {
        fill(group, members, costs[pivot]);
      }
    }
    for (int group = 0; group < counts.length; group++) {
      frozen[group] |= members[group];
    }
  }

  /** Takes samples of the cheapest groups outside of the slot while the group stays below a cost. */
  private void fill(int group, boolean[] members, double mostCost) {
    while (cost(counts[group] + 1, lengths[starts(counts)[group]]) <= mostCost) {
      double[] costs = costs(counts);
      int donor = -1;
      for (int i = 0; i < counts.length; i++) {
        boolean gives = !frozen[i] && !members[i] && counts[i] > 1;
        donor = gives && (donor < 0 || costs[i] < costs[donor]) ? i : donor;
      }
      if (donor < 0) {
        return;
      }
      counts[group]++;
      counts[donor]--;
    }
  }

  private static int[] starts(int[] counts) {
    int[] starts = new int[counts.length + 1];
    for (int i = 0; i < counts.length; i++) {
      starts[i + 1] = starts[i] + counts[i];
    }
    return starts;
  }

  private double[] costs(int[] counts) {
    int[] starts = starts(counts);
    double[] costs = new double[counts.length];
    for (int i = 0; i < counts.length; i++) {
      costs[i] = cost(counts[i], lengths[starts[i]]);
    }
    return costs;
  }

  /** In the original's order of operations, so that equal costs are equal to the bit. */
  private static double cost(int samples, int longest) {
    return (double) samples * longest + QUADRATIC * samples * longest * longest;
  }

  /** Stable: of equal costs, the group of the longer samples comes first. */
  private static Integer[] byCost(double[] costs) {
    return IntStream.range(0, costs.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> -costs[i]))
        .toArray(Integer[]::new);
  }
}
