// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.List;

/** Lets every trial train to its end. */
record NoPruner() implements Pruner {

  @Override
  public boolean prunes(List<Double> costs, List<List<Double>> before) {
    return false;
  }

  @Override
  public String toString() {
    return "none";
  }
}
