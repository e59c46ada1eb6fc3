// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.args.ShardingPlan;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.transformers.LoadOptions;

/**
 * Leaves weights to the trainer where ranks share parameters: then each reads its share, and none ever has the model whole.
 * Whoever looks at weights before there is a trainer loads them at once.
 */
final class DeferredLoading {

  private DeferredLoading() {}

  /** Returns options for a model whose weights nobody looks at before a trainer is built. */
  static LoadOptions of(LoadOptions options, TrainingArguments training) {
    return options.withDeferredWeights(sharesParameters(training));
  }

  /** Returns whether arguments, with what a launcher says, ask for it. */
  static boolean sharesParameters(TrainingArguments training) {
    return training.sharding().stage() == ShardingPlan.Stage.PARAMETERS;
  }
}
