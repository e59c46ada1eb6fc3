// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import org.jspecify.annotations.Nullable;

/**
 * The {@code problem_type} of a classifier whose configuration has none, as its first labels have shown it. As in
 * transformers it becomes part of the configuration: whoever predicts with the folder later has no labels to tell a
 * softmax from a sigmoid by.
 */
final class ShownProblem {

  private static final String KEY = "problem_type";

  private volatile @Nullable String shown;

  /** Looks at the labels of a forward pass, if it is one of a classifier of texts. */
  void see(PretrainedConfig config, Task task, ModelInputs inputs) {
    if (shown != null || task != Task.SEQUENCE_CLASSIFICATION || config.has(KEY)) {
      return;
    }
    NDArray labels = inputs.find("labels").orElse(null);
    if (labels == null) {
      return;
    }
    if (config.numLabels() == 1) {
      shown = "regression";
    } else {
      shown =
          labels.getDataType().isFloating()
              ? "multi_label_classification"
              : "single_label_classification";
    }
  }

  PretrainedConfig in(PretrainedConfig config) {
    String problem = shown;
    return problem == null ? config : config.with(KEY, problem);
  }
}
