// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

/** How tokens become entities: transformers' {@code aggregation_strategy}. */
public enum Aggregation {
  /** Each token by itself. */
  NONE,
  /** Neighbors of one type are one entity; {@code B-} begins another. */
  SIMPLE,
  /** As {@link #SIMPLE}, of whole words: a word has the label of its first token. */
  FIRST,
  /** As {@link #SIMPLE}, of whole words: a word has the label of the highest mean of its tokens. */
  AVERAGE,
  /** As {@link #SIMPLE}, of whole words: a word has the label of the token that is most certain. */
  MAX
}
