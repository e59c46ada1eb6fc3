// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.OptionalLong;
import org.immutables.value.Value;

/** Seeds and the device. */
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
   * Whether to stay on the CPU where there is an accelerator.
   *
   * @return false by default
   */
  @Value.Default
  default boolean useCpu() {
    return false;
  }

  /**
   * The seed of the sample order.
   *
   * @return {@link #dataSeed()}, or {@link #seed()}
   */
  default long resolvedDataSeed() {
    return dataSeed().orElse(seed());
  }
}
