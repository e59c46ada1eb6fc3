// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.List;
import java.util.OptionalInt;
import org.immutables.value.Value;

/** How samples become batches. */
public interface DataArguments {
  /**
   * Whether to drop the last batch of an epoch when it is not full.
   *
   * @return false by default
   */
  @Value.Default
  default boolean dataloaderDropLast() {
    return false;
  }

  /**
   * The background threads that collate batches ahead; their order is kept. With 0, the training thread collates. Hugging Face's
   * default is 0 because its workers are forked processes; a thread is cheap.
   *
   * @return at least 0; 1 by default
   */
  @Value.Default
  default int dataloaderNumWorkers() {
    return 1;
  }

  /**
   * Whether batches for a GPU are copied from pinned memory, so that nobody waits for the copy. On a CPU it does nothing, as
   * in PyTorch.
   *
   * @return true by default
   */
  @Value.Default
  default boolean dataloaderPinMemory() {
    return true;
  }

  /**
   * The micro batches each background thread prepares ahead. Refused where there is none.
   *
   * @return at least 1; unset by default, which means 2
   */
  OptionalInt dataloaderPrefetchFactor();

  /**
   * The order in which an epoch visits the samples.
   *
   * @return {@link SamplingStrategy#RANDOM} by default
   */
  @Value.Default
  default SamplingStrategy trainSamplingStrategy() {
    return SamplingStrategy.RANDOM;
  }

  /**
   * The field of a sample that says its length, for {@link SamplingStrategy#GROUP_BY_LENGTH}. Samples without it are measured by
   * {@code input_ids}.
   *
   * @return {@code length} by default
   */
  @Value.Default
  default String lengthColumnName() {
    return "length";
  }

  /**
   * The inputs that are labels.
   *
   * @return empty by default, which means {@code labels}
   */
  List<String> labelNames();
}
