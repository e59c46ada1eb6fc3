// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

/** How the hidden states of a text's tokens become one vector. */
public enum Pooling {
  /** The mean of all tokens. */
  MEAN,
  /** The first token. */
  CLS,
  /** Of each dimension the largest value. */
  MAX,
  /** The last token. */
  LAST_TOKEN
}
