// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import ai.djl.ndarray.NDArray;

/**
 * One batch being decoded: what the model remembers of the positions so far, self-attention and, where there is an
 * encoder, cross-attention.
 *
 * <p>It runs outside of autograd and with dropout off, and owns its memory until closed.
 */
public interface DecodingSession extends AutoCloseable {

  /**
   * Runs the decoder over the next tokens of every row, the prompt first and then one token at a time.
   *
   * @param tokens one row of new tokens for each row of the batch
   * @return logits of the position after the last one, shape [rows, vocabulary]; they belong to the session until the
   *     next call
   */
  NDArray next(long[][] tokens);

  /**
   * Puts row {@code rows[i]} in place i, for beam search; there may be more or fewer rows than before.
   *
   * @param rows indices into the present rows
   */
  void reorder(long[] rows);

  @Override
  void close();
}
