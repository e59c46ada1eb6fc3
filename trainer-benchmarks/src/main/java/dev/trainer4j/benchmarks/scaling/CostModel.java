// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks.scaling;

/**
 * The time of one update of data parallel training, by what it is made of.
 *
 * @param computeSeconds forward, backward and step of one rank alone
 * @param gradientBytes what ranks add up in an update
 * @param buckets the all-reduces that this takes
 * @param latencySeconds of one message between two ranks
 * @param bytesPerSecond between two ranks
 * @param overlap the share of the communication that backward hides, at most as long as backward lasts
 * @param imbalance the standard deviation of a rank's compute time, as a share of it
 * @param ranksPerMachine ranks that have a machine's processors to themselves; more take turns
 * @param turnSeconds what a rank waits for a processor at each step of a meeting of all, on a machine that has other work, too
 */
record CostModel(
    double computeSeconds,
    double gradientBytes,
    int buckets,
    double latencySeconds,
    double bytesPerSecond,
    double overlap,
    double imbalance,
    double ranksPerMachine,
    double turnSeconds) {

  /** Of forward and backward, which is where communication can hide. */
  private static final double BACKWARD = 2.0 / 3;

  /** Returns the seconds of an update of {@code ranks} ranks on one machine or on machines enough. */
  double updateSeconds(int ranks, boolean oneMachine) {
    double turns = oneMachine ? Math.max(1, ranks / ranksPerMachine) : 1;
    double compute = turns * computeSeconds * slowest(ranks);
    double communication = turns * allReduceSeconds(ranks);
    double hidden = Math.min(overlap * communication, BACKWARD * compute);
    double waiting = oneMachine ? (ranks - 1) * turnSeconds : 0;
    return compute + communication - hidden + waiting;
  }

  /** All wait for the slowest: the expected maximum of so many normal deviates, for large numbers of them. */
  private double slowest(int ranks) {
    return ranks == 1 ? 1 : 1 + imbalance * Math.sqrt(2 * Math.log(ranks));
  }

  /** A ring sends everything twice but one part, in so many messages; a tree of messages sets the latency. */
  double allReduceSeconds(int ranks) {
    if (ranks == 1) {
      return 0;
    }
    double steps = 2 * Math.ceil(Math.log(ranks) / Math.log(2));
    double sent = 2.0 * (ranks - 1) / ranks * gradientBytes;
    return buckets * steps * latencySeconds + sent / bytesPerSecond;
  }

  /** Returns which share of the samples a second of {@code ranks} single ranks is left. */
  double efficiency(int ranks) {
    return updateSeconds(1, false) / updateSeconds(ranks, false);
  }

  /**
   * Returns which share of the time goes into updates that are kept, with checkpoints at the best interval.
   *
   * @param hoursBetweenFailures of one rank
   * @param saveSeconds in which training waits for a checkpoint
   * @param restartSeconds from a failure to the first update after it
   */
  static double kept(
      int ranks, double hoursBetweenFailures, double saveSeconds, double restartSeconds) {
    double between = hoursBetweenFailures * 3600 / ranks;
    double interval = bestInterval(ranks, hoursBetweenFailures, saveSeconds);
    double lost = saveSeconds / interval + (interval / 2 + restartSeconds) / between;
    return Math.max(0, 1 - lost);
  }

  /** Returns the seconds between checkpoints that lose least: Young's rule. */
  static double bestInterval(int ranks, double hoursBetweenFailures, double saveSeconds) {
    return Math.sqrt(2 * saveSeconds * hoursBetweenFailures * 3600 / ranks);
  }
}
