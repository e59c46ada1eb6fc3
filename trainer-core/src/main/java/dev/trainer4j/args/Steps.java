// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** Hugging Face's reading of a number of steps: 1 and above is a count, below 1 a share of all updates. */
final class Steps {
  private Steps() {}

  /** A share is rounded up, so that it never means zero steps of a run that has some. */
  static int resolve(double steps, int totalSteps) {
    return steps < 1 ? (int) Math.ceil(totalSteps * steps) : (int) steps;
  }
}
