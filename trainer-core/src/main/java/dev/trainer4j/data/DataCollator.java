// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDManager;
import java.util.List;

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
}
