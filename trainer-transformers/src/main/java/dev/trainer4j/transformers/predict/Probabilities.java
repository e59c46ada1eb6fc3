// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

/** From logits to numbers from 0 to 1. */
final class Probabilities {

  private Probabilities() {}

  /** Returns {@code exp(x) / sum(exp(x))} of each. */
  static double[] softmax(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double[] result = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < result.length; i++) {
      result[i] = Math.exp(logits[i] - largest);
      sum += result[i];
    }
    for (int i = 0; i < result.length; i++) {
      result[i] /= sum;
    }
    return result;
  }

  /** Returns {@code 1 / (1 + exp(-x))} of each. */
  static double[] sigmoid(float[] logits) {
    double[] result = new double[logits.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = 1 / (1 + Math.exp(-logits[i]));
    }
    return result;
  }

  /** Returns the place of the largest, the first of several. */
  static int best(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}
