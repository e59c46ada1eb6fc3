// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.Optional;
import java.util.OptionalInt;
import org.immutables.value.Value;

/** Types of numbers, and memory against time. */
public interface PrecisionArguments {
  /**
   * Whether matrix products and attention are computed in bfloat16, in training and evaluation. Parameters, optimizer, norms and losses
   * stay float32.
   *
   * @return false by default
   */
  @Value.Default
  default boolean bf16() {
    return false;
  }

  /**
   * The same in float16, with a loss scaled so that small gradients do not vanish. An update whose gradients overflow is skipped and
   * does not advance the schedule.
   *
   * @return false by default
   */
  @Value.Default
  default boolean fp16() {
    return false;
  }

  /**
   * Whether evaluation computes in bfloat16 throughout, with copies of the weights.
   *
   * @return false by default
   */
  @Value.Default
  default boolean bf16FullEval() {
    return false;
  }

  /**
   * Whether evaluation computes in float16 throughout, with copies of the weights.
   *
   * @return false by default
   */
  @Value.Default
  default boolean fp16FullEval() {
    return false;
  }

  /**
   * What TF32 must be on a GPU. libtorch reads that from the environment alone, so a trainer checks it and cannot change it.
   *
   * @return unset by default: whatever the environment says
   */
  Optional<Boolean> tf32();

  /**
   * Whether activations inside the segments of a model are computed again for backward and not kept.
   *
   * @return false by default
   */
  @Value.Default
  default boolean gradientCheckpointing() {
    return false;
  }

  /**
   * Whether to go on in smaller micro batches when memory runs out in a forward or backward pass. An update keeps its samples: it
   * is begun again with more and smaller micro batches, and so are all that follow.
   *
   * @return false by default
   */
  @Value.Default
  default boolean autoFindBatchSize() {
    return false;
  }

  /**
   * The updates after which memory that libtorch holds in reserve on a GPU is given back. That takes time, and helps where other
   * processes need the memory or where it is fragmented.
   *
   * @return at least 1; unset by default, which means never
   */
  OptionalInt torchEmptyCacheSteps();
}
