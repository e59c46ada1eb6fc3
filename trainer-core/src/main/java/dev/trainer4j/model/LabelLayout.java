// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

/** Which label each place of {@code logits} learns, for a loss that is computed outside of the model. */
public enum LabelLayout {
  /** Logits [..., classes] and labels [...]: each place learns the label of the same place. */
  ALIGNED,
  /** As {@link #ALIGNED}, but each place learns the label of the next one: a causal language model. */
  NEXT,
  /** Cross entropy of the logits and one label per place is not what the model learns. */
  OTHER,
  /**
   * The model does not say. Logits [batch, classes] can only be {@link #ALIGNED}; of more dimensions, a
   * loss is computed from them only if the model has none of its own.
   */
  UNKNOWN
}
