// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Notes what a classifier of texts learns when it sees labels for the first time, as transformers' heads
 * do: {@code problem_type} of the configuration, unless that says it already. Kernels come to the same
 * conclusion by the same rule, from each batch.
 */
final class FirstLabels {

  private final ModelCore core;

  /** What the first labels said; null before, and where the configuration said it. */
  private volatile @Nullable ProblemType noted;

  FirstLabels(ModelCore core) {
    this.core = core;
  }

  private Optional<NDArray> labels(ModelInputs inputs) {
    return core.task() == Task.SEQUENCE_CLASSIFICATION ? inputs.find("labels") : Optional.empty();
  }

  /** Refuses labels of another kind than the first ones: their losses could not be told apart. */
  void check(ModelInputs inputs) {
    ProblemType first = noted;
    if (first == null) {
      return;
    }
    labels(inputs)
        .filter(labels -> inferred(labels) != first)
        .ifPresent(
            labels -> {
              throw new IllegalArgumentException(
                  "labels are of type "
                      + labels.getDataType()
                      + ", which means "
                      + inferred(labels).key()
                      + ", but the first ones meant "
                      + first.key()
                      + " (problem_type): give whole numbers for one class of several, floating point"
                      + " numbers for several at once, and the same in all data");
            });
  }

  /** Notes what the labels of a batch mean that the model could compute a loss of. */
  void note(ModelInputs inputs) {
    if (noted != null || core.config().has("problem_type")) {
      return;
    }
    labels(inputs)
        .ifPresent(
            labels -> {
              ProblemType type = inferred(labels);
              core.note(core.config().with("problem_type", type.key()));
              noted = type;
            });
  }

  private ProblemType inferred(NDArray labels) {
    return ProblemType.inferred(core.config().numLabels(), labels.getDataType().isFloating());
  }
}
