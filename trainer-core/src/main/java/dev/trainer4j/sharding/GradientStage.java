// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import dev.trainer4j.args.ShardingPlan;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.NamedParameter;
import java.util.List;

/** What becomes of the gradients of ranks that share an optimizer. */
enum GradientStage {

  /** They add up in the parameters, whole, until the update (ZeRO-1). */
  WHOLE {
    @Override
    Shares shares(
        List<NamedParameter> parameters, ShardLayout layout, ShardRanks ranks, SliceMemory memory) {
      return new SummedShares(parameters, layout, ranks, memory);
    }

    @Override
    boolean takesFresh() {
      return false;
    }

    @Override
    List<String> problems(TrainingArguments args, boolean ownSteps) {
      return List.of();
    }
  };

  static GradientStage of(ShardingPlan.Stage stage) {
    return WHOLE;
  }

  /** Makes the shares of a rank; {@code memory} is closed with them, or if this fails. */
  abstract Shares shares(
      List<NamedParameter> parameters, ShardLayout layout, ShardRanks ranks, SliceMemory memory);

  /** Returns whether backward puts gradients into arrays of their own. */
  abstract boolean takesFresh();

  /** Returns what arguments ask for that cannot be. */
  abstract List<String> problems(TrainingArguments args, boolean ownSteps);
}
