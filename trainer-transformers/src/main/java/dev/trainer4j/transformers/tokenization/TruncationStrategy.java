// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

/** What is cut where a text or a pair is too long. */
public enum TruncationStrategy {
  /** Nothing. */
  DO_NOT_TRUNCATE,
  /** The longer text of a pair until both are equally long, then both. */
  LONGEST_FIRST,
  /** The first text only. */
  ONLY_FIRST,
  /** The second text only. */
  ONLY_SECOND
}
