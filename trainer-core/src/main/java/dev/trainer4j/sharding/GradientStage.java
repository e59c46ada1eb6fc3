// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import dev.trainer4j.args.ShardingPlan;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.NamedParameter;
import java.util.ArrayList;
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
  },

  /** They are whole within a micro batch only; between two a rank has its share of the sum (ZeRO-2). */
  SHARED {
    @Override
    Shares shares(
        List<NamedParameter> parameters, ShardLayout layout, ShardRanks ranks, SliceMemory memory) {
      return new FreshShares(parameters, layout, ranks, memory);
    }

    @Override
    boolean takesFresh() {
      return true;
    }

    @Override
    List<String> problems(TrainingArguments args, boolean ownSteps) {
      List<String> problems = new ArrayList<>();
      if (ownSteps) {
        problems.add(
            "trainingStep: it is overridden, and may take gradients where sharding of gradients"
                + " (SHARD_GRAD_OP, ZeRO stage 2) does not find them; override computeLoss, or choose ZeRO"
                + " stage 1");
      }
      if (args.autoFindBatchSize()) {
        problems.add(
            "autoFindBatchSize: ranks that share gradients exchange them after each micro batch, so one of"
                + " them cannot begin an update again; set perDeviceTrainBatchSize and"
                + " gradientAccumulationSteps, or choose ZeRO stage 1");
      }
      return problems;
    }
  };

  static GradientStage of(ShardingPlan.Stage stage) {
    return stage == ShardingPlan.Stage.OPTIMIZER ? WHOLE : SHARED;
  }

  /** Makes the shares of a rank; {@code memory} is closed with them. */
  abstract Shares shares(
      List<NamedParameter> parameters, ShardLayout layout, ShardRanks ranks, SliceMemory memory);

  /** Returns whether backward puts gradients into arrays of their own. */
  abstract boolean takesFresh();

  /** Returns what arguments ask for that cannot be. */
  abstract List<String> problems(TrainingArguments args, boolean ownSteps);
}
