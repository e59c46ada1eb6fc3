// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

/** What is done with rows that cannot be trained on. */
public enum InvalidRows {
  /** The first of them is an error, with its number and the reason. */
  ERROR,
  /** They are left out, counted, and the first ones told with their reasons. */
  SKIP
}
