// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

/** What is made small. */
public enum LossType {
  /** The negative log-likelihood of every trained token, from the logits of the model. */
  NLL,
  /**
   * The log-likelihood weighted by the likelihood, which no gradient goes through: {@code -stopgrad(p) log p} (Wu et al.: On the
   * Generalization of SFT, 2025; dynamic fine-tuning).
   */
  DFT,
  /** As {@link #NLL}; logits are made of trained tokens only, a few at a time, and made again for their gradients. */
  CHUNKED_NLL
}
