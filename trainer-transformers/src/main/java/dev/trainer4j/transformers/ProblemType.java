// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import java.util.Arrays;
import java.util.Optional;

/**
 * What a classifier of texts learns: {@code problem_type} of {@code config.json}, which also tells a pipeline
 * what to make of the logits.
 */
public enum ProblemType {
  /** One class of several, by cross entropy; probabilities are a softmax. */
  SINGLE_LABEL_CLASSIFICATION("single_label_classification"),
  /** Any of several classes, by binary cross entropy; probabilities are a sigmoid each. */
  MULTI_LABEL_CLASSIFICATION("multi_label_classification"),
  /** Numbers, by the squared error; the logits are what they are. */
  REGRESSION("regression");

  private final String key;

  ProblemType(String key) {
    this.key = key;
  }

  /** Returns the value in {@code config.json}, such as {@code regression}. */
  public String key() {
    return key;
  }

  static Optional<ProblemType> of(String key) {
    return Arrays.stream(values()).filter(type -> type.key.equals(key)).findFirst();
  }

  /**
   * Returns what transformers takes labels for where {@code problem_type} says nothing.
   *
   * @param numLabels how many labels the model has
   * @param fractional whether the labels are of a floating type
   */
  static ProblemType inferred(int numLabels, boolean fractional) {
    if (numLabels == 1) {
      return REGRESSION;
    }
    return fractional ? MULTI_LABEL_CLASSIFICATION : SINGLE_LABEL_CLASSIFICATION;
  }
}
