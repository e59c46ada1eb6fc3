// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

/** Which of two objectives is the better one. */
public enum Direction {
  /** The smaller one, as of a loss. */
  MINIMIZE,
  /** The greater one, as of an accuracy. */
  MAXIMIZE;

  /** Returns the objective as a cost, of which less is better. */
  double cost(double objective) {
    return this == MINIMIZE ? objective : -objective;
  }
}
