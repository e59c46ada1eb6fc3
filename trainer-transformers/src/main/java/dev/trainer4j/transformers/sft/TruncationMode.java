// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

/** What is kept of a row of more than {@code maxLength} tokens. */
public enum TruncationMode {
  /** Its start. */
  KEEP_START,
  /** Its end. TRL has this still, and will remove it. */
  KEEP_END
}
