// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.GradientSync;
import dev.trainer4j.process.JointNumbers;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.SummableGradients;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The ranks that make an update together, and what they exchange for it, so that every number that decides
 * it is the same on all of them. In a world of one the answers are the questions.
 */
public final class UpdateRanks implements AutoCloseable {

  private final ProcessGroup group;
  private final GradientSync gradients;
  private final Agreement agreement;

  /**
   * Makes updates of a group.
   *
   * @param gradients what becomes of the ranks' gradients
   */
  public UpdateRanks(ProcessGroup group, GradientSync gradients) {
    this.group = group;
    this.gradients = gradients;
    agreement = new Agreement(group);
  }

  /** Returns the ranks of a world of one. */
  public static UpdateRanks single() {
    return new UpdateRanks(ProcessGroup.single(), GradientSync.none());
  }

  /** Returns whether there is nothing to exchange: then a whole update may be one kernel. */
  public boolean isAlone() {
    return group.worldSize() == 1 && gradients.isLocal();
  }

  /** Returns the sums over all ranks, element by element. */
  public double[] sum(double... values) {
    return group.sum(values);
  }

  /**
   * Returns the sums over all ranks, name by name; a rank that had no data may lack names. They are in the
   * order of the first rank that has them.
   */
  public Map<String, Double> sum(Map<String, Double> values) {
    if (isAlone()) {
      return values;
    }
    Set<String> names = new LinkedHashSet<>();
    for (String ofRank : group.allGather(String.join("\n", values.keySet()))) {
      ofRank.lines().forEach(names::add);
    }
    double[] own = names.stream().mapToDouble(name -> values.getOrDefault(name, 0.0)).toArray();
    double[] all = group.sum(own);
    Map<String, Double> sums = new LinkedHashMap<>();
    int next = 0;
    for (String name : names) {
      sums.put(name, all[next++]);
    }
    return sums;
  }

  /** Returns whether any rank says yes. */
  public boolean any(boolean mine) {
    return agreement.any(mine);
  }

  /**
   * What ranks ask each other before they add gradients up.
   *
   * @param present element by element, whether any rank has a gradient
   * @param scale the greatest loss scale of all ranks
   */
  @SuppressWarnings("ArrayRecordComponent") // An answer that is read once.
  public record Meeting(boolean[] present, double scale) {}

  /**
   * Asks the other ranks, in one message.
   *
   * @param present of which parameters this rank has gradients; as many on all ranks
   * @param scale this rank's loss scale; 0 where it had no samples
   */
  public Meeting meet(boolean[] present, double scale) {
    JointNumbers all =
        agreement.join(new JointNumbers(new double[0], new double[] {scale}, present));
    return new Meeting(all.flags(), all.maxima()[0]);
  }

  /**
   * Makes gradients those of the samples of all ranks. A collective.
   *
   * @param scale the loss scale of this rank; 0 where it had no samples
   * @return the scale that the gradients of all ranks have now
   */
  double synchronize(SummableGradients own, double scale) {
    if (isAlone()) {
      return scale;
    }
    // A rank may have had no data in this update, or the scale of another first micro batch.
    Meeting all = meet(own.present(), scale);
    own.require(all.present());
    // A rank without data has no scale, and gradients of zero.
    if (scale > 0 && all.scale() != scale) {
      own.multiply(all.scale() / scale);
    }
    gradients.sum(own.arrays());
    return all.scale();
  }

  /** Releases what the synchronization of gradients keeps. */
  @Override
  public void close() {
    gradients.close();
  }
}
