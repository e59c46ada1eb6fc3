// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.GradientSync;
import dev.trainer4j.process.ProcessGroup;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
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

  /** Returns the greatest value of all ranks. */
  public double max(double value) {
    return isAlone() ? value : group.max(value)[0];
  }

  /** Returns whether any rank says yes. */
  public boolean any(boolean mine) {
    return agreement.any(mine);
  }

  /** Returns whether all ranks say yes. */
  boolean all(boolean mine) {
    return agreement.all(mine);
  }

  /** Returns, element by element, whether any rank says yes. */
  public boolean[] any(boolean[] mine) {
    double[] flags = new double[mine.length];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = mine[i] ? 1 : 0;
    }
    double[] most = group.max(flags);
    boolean[] any = new boolean[mine.length];
    for (int i = 0; i < any.length; i++) {
      any[i] = most[i] > 0;
    }
    return any;
  }

  /** Makes the gradients those of all ranks. */
  void synchronize(List<NDArray> arrays) {
    gradients.sum(arrays);
  }

  /** Returns the global norm, of the norm of what this rank holds of the gradients. */
  double norm(double own) {
    return isAlone() ? own : Math.sqrt(gradients.squaredNorm(own * own));
  }

  /** Releases what the synchronization of gradients keeps. */
  @Override
  public void close() {
    gradients.close();
  }
}
