// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.args.ShardingPlan.Stage;

/**
 * How much memory a rank needs for parameters, gradients and Adam's two moments, without activations: all of them are float32, since
 * lower precisions are those of products, not of what is kept.
 *
 * @param parameters the numbers in all parameters
 * @param largestUnit the numbers in the parameters of the largest layer, which are gathered at once
 */
record MemoryFormula(long parameters, long largestUnit) {

  private static final int FLOAT = 4;
  private static final int MOMENTS = 2;

  /** Returns the bytes that are held from one update to the next. */
  double held(Stage stage, int ranks) {
    double all = (double) FLOAT * parameters;
    double share = all / ranks;
    return switch (stage) {
      case NONE -> all + all + MOMENTS * all;
      // Beside its gradients a rank keeps the sums of its share.
      case OPTIMIZER -> all + all + share + MOMENTS * share;
      case GRADIENTS -> all + share + MOMENTS * share;
      case PARAMETERS -> share + share + MOMENTS * share;
    };
  }

  /**
   * Returns the bytes at the fullest moment of a backward pass: stage 2 has whole gradients until they are shared out, and stage 3 the
   * parameters and the gradients of a layer.
   */
  double peak(Stage stage, int ranks) {
    double more =
        switch (stage) {
          case NONE, OPTIMIZER -> 0;
          case GRADIENTS -> (double) FLOAT * parameters;
          case PARAMETERS -> 2.0 * FLOAT * largestUnit;
        };
    return ranks == 1 ? held(Stage.NONE, 1) : held(stage, ranks) + more;
  }
}
