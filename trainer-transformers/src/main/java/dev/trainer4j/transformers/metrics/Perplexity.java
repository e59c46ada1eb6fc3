// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

/** How many tokens a language model is torn between. */
public final class Perplexity {

  private Perplexity() {}

  /** Returns e to the power of a mean loss in nats, such as {@code eval_loss}. */
  public static double of(double meanLoss) {
    return Math.exp(meanLoss);
  }
}
