// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

/** Hears of each token as soon as it is chosen. Beam search, whose tokens may yet change, has none. */
@FunctionalInterface
public interface TokenStreamer {

  /**
   * Called once for every step, with one token a row; rows that have ended get the padding token.
   *
   * @param tokens the chosen tokens, one for each row of the batch; the caller's to keep
   */
  void onTokens(long[] tokens);
}
