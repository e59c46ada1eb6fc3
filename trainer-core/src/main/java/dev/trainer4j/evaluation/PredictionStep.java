// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.LossOutput;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the model says to one batch of an evaluation.
 *
 * @param loss null for data without labels
 * @param predictions outputs by name; empty if only the loss is wanted
 * @param labels labels by name; empty for data without labels
 */
public record PredictionStep(
    @Nullable LossOutput loss, Map<String, NDArray> predictions, Map<String, NDArray> labels) {}
