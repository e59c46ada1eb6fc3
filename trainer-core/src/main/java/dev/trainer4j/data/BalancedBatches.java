// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * Batches of similar cost. The samples of an update stand in the epoch in the order in which they are
 * dealt: round by round, and in a round rank by rank.
 *
 * <p>Updates are counted from the first sample on, so that a run may be resumed with another number of
 * samples per update. An update is planned when it is first asked for; one is kept.
 */
final class BalancedBatches implements BatchPlan {

  /**
   * One update.
   *
   * @param samples in the order in which they are dealt
   * @param bounds where in it each batch begins, and the end
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Update(long number, long[] samples, int[] bounds) {

    /** The bound of a batch; batches behind the last are empty. */
    int bound(int batch) {
      return bounds[Math.min(batch, bounds.length - 1)];
    }
  }

  private final SampleOrder order;
  private final int[] lengths;
  private final long firstSample;
  private final int samplesPerUpdate;
  private final boolean dropLast;
  private final int rank;
  private final int worldSize;
  private final int roundsPerUpdate;
  private volatile @Nullable Update latest;

  BalancedBatches(
      SampleOrder order,
      int[] lengths,
      long firstSample,
      int samplesPerUpdate,
      DataLoaderOptions options) {
    this.order = order;
    this.lengths = lengths;
    this.firstSample = firstSample;
    this.samplesPerUpdate = samplesPerUpdate;
    dropLast = options.dropLast();
    rank = options.rank();
    worldSize = options.worldSize();
    roundsPerUpdate = samplesPerUpdate / (options.batchSize() * worldSize);
  }

  @Override
  public int roundSize(long round) {
    Update update = update(round);
    int first = firstBatch(round);
    return update.bound(first + worldSize) - update.bound(first);
  }

  @Override
  public long start(long round) {
    Update update = update(round);
    return updateStart(update.number) + update.bound(firstBatch(round) + rank);
  }

  @Override
  public long[] indices(long round) {
    Update update = update(round);
    int own = firstBatch(round) + rank;
    return Arrays.copyOfRange(update.samples, update.bound(own), update.bound(own + 1));
  }

  private int firstBatch(long round) {
    return (int) (round % roundsPerUpdate) * worldSize;
  }

  private long updateStart(long update) {
    return firstSample + update * samplesPerUpdate;
  }

  private Update update(long round) {
    long number = round / roundsPerUpdate;
    Update kept = latest;
    if (kept == null || kept.number != number) {
      kept = plan(number);
      latest = kept;
    }
    return kept;
  }

  private Update plan(long number) {
    long start = updateStart(number);
    int count = (int) Math.max(0, Math.min(samplesPerUpdate, order.size() - start));
    if (count == 0 || (dropLast && count < samplesPerUpdate)) {
      return new Update(number, new long[0], new int[1]);
    }
    Long[] sorted = new Long[count];
    for (int i = 0; i < count; i++) {
      sorted[i] = order.indexAt(start + i);
    }
    // Stable: equal lengths stay in the order of the epoch.
    Arrays.sort(sorted, Comparator.comparingInt((Long i) -> -lengths[(int) (long) i]));
    int[] sortedLengths = new int[count];
    for (int i = 0; i < count; i++) {
      sortedLengths[i] = lengths[(int) (long) sorted[i]];
    }
    int batches = Math.min(count, roundsPerUpdate * worldSize);
    CostBalance balance = new CostBalance(sortedLengths, batches, worldSize);
    return deal(number, sorted, balance.solve(samplesPerUpdate));
  }

  /** Puts the batches one behind the other, the most expensive ones first, in the first round. */
  private static Update deal(long number, Long[] sorted, CostBalance.Groups groups) {
    long[] samples = new long[sorted.length];
    int[] bounds = new int[groups.count() + 1];
    int dealt = 0;
    for (int batch = 0; batch < groups.count(); batch++) {
      int group = groups.byCost(batch);
      for (int i = groups.start(group); i < groups.end(group); i++) {
        samples[dealt++] = sorted[i];
      }
      bounds[batch + 1] = dealt;
    }
    return new Update(number, samples, bounds);
  }
}
