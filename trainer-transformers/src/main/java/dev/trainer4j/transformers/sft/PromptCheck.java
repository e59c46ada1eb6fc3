// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.Dataset;
import java.util.Map;

/** Looks whether the rows of an evaluation have a prompt for a model to write on from. */
final class PromptCheck {

  private PromptCheck() {}

  /**
   * Looks at the first row, which stands for all.
   *
   * @param name of the evaluation; empty if it has none
   * @throws IllegalArgumentException if all of it is learned, so that nothing of it is a prompt
   */
  static void check(String name, DataSource<?> rows) {
    if (!(rows instanceof Dataset<?> dataset)
        || dataset.size() == 0
        || !(dataset.get(0) instanceof Map<?, ?> row)) {
      return;
    }
    @SuppressWarnings("unchecked") // Prepared rows have names of columns.
    int[] labels = TokenRow.labels((Map<String, ?>) row);
    if (labels.length > 0 && labels[0] != TokenRow.IGNORED) {
      throw new IllegalArgumentException(
          "predictWithGenerate: all of the first row of the "
              + (name.isEmpty() ? "eval" : name)
              + " dataset is learned, so that there is no prompt to write on from. Give rows of"
              + " prompt and completion, or conversations with assistantOnlyLoss(true)");
    }
  }
}
