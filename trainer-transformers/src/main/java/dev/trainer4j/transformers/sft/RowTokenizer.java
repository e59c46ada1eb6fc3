// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import java.util.Map;

/** Makes the tokens of a row, for one way in which rows are laid out. Called from several threads. */
@FunctionalInterface
interface RowTokenizer {

  /**
   * Makes the tokens, uncut.
   *
   * @throws InvalidRowException if the row is not what it should be
   */
  TokenRow tokenize(Map<String, ?> row);
}
