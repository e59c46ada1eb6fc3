// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import java.util.Properties;

/**
 * How many threads an operation is worth: a function of shapes, not of clocks, so that a run that is
 * repeated sums in the same order.
 *
 * <p>The work of a micro batch is taken to be parameters times rows: what its matrix products multiply in
 * the forward pass. Operations begin and end together on all threads, and below some work that costs more
 * than the threads save.
 */
final class ThreadRule {

  /**
   * Multiplications of a forward pass that occupy one thread. A second thread made an update of layers of
   * 784, 256 and 128 over 128 samples (30 million) 1.2 times as fast, for 1.4 times the processor time; that
   * of 784, 128 and 64 over 32 (3.5 million) was no faster, for 1.6 times the processor time.
   */
  static final long WORK_OF_A_THREAD = 20_000_000;

  private ThreadRule() {}

  /**
   * Returns the threads for a micro batch, from 1 to {@code atMost}.
   *
   * @param parameters the numbers in all parameters of the model
   * @param rows see {@link #rows}
   * @param atMost the threads that the process may use, at least 1
   */
  static int threads(long parameters, long rows, int atMost) {
    double work = (double) parameters * rows;
    return (int) Math.max(1, Math.min(atMost, work / WORK_OF_A_THREAD));
  }

  /**
   * Returns how often a micro batch meets the parameters: the most rows of any of its arrays. Whole
   * numbers are ids, each a row; of other numbers, the last axis is a row. Masks of booleans tell nothing.
   */
  static long rows(Iterable<NDArray> inputs) {
    long most = 1;
    for (NDArray array : inputs) {
      int axes = array.getShape().dimension();
      if (array.getDataType().isBoolean() || array.isEmpty()) {
        continue;
      }
      boolean ofIds = array.getDataType().isInteger() || axes < 2;
      most = Math.max(most, ofIds ? array.size() : array.size() / array.getShape().get(axes - 1));
    }
    return most;
  }

  /** Whether whoever started the process chose the threads. */
  static boolean isSetUp(Map<String, String> environment, Properties properties) {
    return environment.containsKey("OMP_NUM_THREADS")
        || environment.containsKey("MKL_NUM_THREADS")
        || properties.containsKey("ai.djl.pytorch.num_threads");
  }
}
