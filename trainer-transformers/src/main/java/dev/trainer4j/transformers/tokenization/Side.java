// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

/** An end of a text. */
public enum Side {
  /** The beginning. */
  LEFT,
  /** The end. */
  RIGHT
}
