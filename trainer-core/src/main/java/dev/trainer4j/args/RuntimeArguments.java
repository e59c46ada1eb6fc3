// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.OptionalInt;
import java.util.OptionalLong;
import org.immutables.value.Value;

/** Seeds, the device and its threads. */
public interface RuntimeArguments {
  /**
   * The seed of everything random: new weights, dropout, and the data unless it has its own.
   *
   * @return 42 by default
   */
  @Value.Default
  default long seed() {
    return 42;
  }

  /**
   * The seed of the sample order.
   *
   * @return unset by default, which means {@link #seed()}
   */
  OptionalLong dataSeed();

  /**
   * Whether to compute with deterministic kernels only, so that two runs are equal to the bit. An operator that has none is an error.
   *
   * @return false by default
   */
  @Value.Default
  default boolean fullDeterminism() {
    return false;
  }

  /**
   * Whether to stay on the CPU where there is an accelerator.
   *
   * @return false by default
   */
  @Value.Default
  default boolean useCpu() {
    return false;
  }

  /**
   * The threads that libtorch computes with.
   *
   * @return at least 1; unset by default, which leaves the choice to a rule that looks at the size of an update and at what the process
   *     may use
   */
  OptionalInt torchNumThreads();

  /**
   * The seed of the sample order.
   *
   * @return {@link #dataSeed()}, or {@link #seed()}
   */
  default long resolvedDataSeed() {
    return dataSeed().orElse(seed());
  }
}
