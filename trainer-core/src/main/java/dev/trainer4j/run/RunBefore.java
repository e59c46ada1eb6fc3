// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run computed with that another one goes on from.
 *
 * @param microBatch the samples of a micro batch that memory sufficed for; 0 if none was sought
 * @param numThreads threads within an operation; null if it is not known
 * @param frozenAtStart names of what required no gradients when that run began; null if it is not known
 */
public record RunBefore(
    int microBatch, @Nullable Integer numThreads, @Nullable List<String> frozenAtStart) {

  /** Returns that there was no run before. */
  public static RunBefore none() {
    return new RunBefore(0, null, null);
  }
}
