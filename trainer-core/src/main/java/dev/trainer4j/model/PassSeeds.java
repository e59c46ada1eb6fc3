// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import dev.trainer4j.torch.Seeds;

/** The seeds of the forward passes of a micro batch: functions of its own seed and of their number. */
final class PassSeeds {

  private long seed;
  private long passes;

  /** Begins a micro batch. */
  void begin(long microBatchSeed) {
    seed = microBatchSeed;
    passes = 0;
  }

  /** Returns the seed of the next forward pass, from which those of its segments follow. */
  long nextPass() {
    return Seeds.mix(seed, passes++) >>> 1;
  }
}
