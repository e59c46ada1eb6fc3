// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Optional;

/**
 * Makes one batch of named tensors from samples.
 *
 * <p>A data loader with workers calls it from several threads at once: an implementation must allow
 * that.
 *
 * @param <T> the type of a sample
 */
@FunctionalInterface
public interface DataCollator<T> {

  /**
   * Makes the batch.
   *
   * @param samples at least one sample, in the order of the batch; not to be changed
   * @param manager owns every array that is made; closed with the batch
   * @return the inputs, each with the samples as its first dimension
   * @throws IllegalArgumentException if the samples do not fit together
   */
  ModelInputs collate(List<T> samples, NDManager manager);

  /**
   * Makes the batch, as the loaders call it; by default {@link #collate(List, NDManager)}. A collator
   * that draws random numbers overrides it and seeds them with the position, which makes them the
   * same after a resume and with any number of workers.
   *
   * @param samples at least one sample, in the order of the batch; not to be changed
   * @param manager owns every array that is made; closed with the batch
   * @param position where the samples stand in the run
   */
  default ModelInputs collate(List<T> samples, NDManager manager, BatchPosition position) {
    return collate(samples, manager);
  }

  /**
   * Returns what it makes batches with, such as a tokenizer: that which a trainer saves beside the model
   * where the builder was given no {@code processingClass}. By default there is none.
   */
  default Optional<ProcessingClass> processingClass() {
    return Optional.empty();
  }
}
