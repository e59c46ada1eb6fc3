// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.ArrayList;
import java.util.List;

/** What {@code fsdp}, {@code deepspeed} and {@code parallelism_config} come to together. */
final class Sharding {
  private final TrainingArguments args;
  private final FsdpConfig fsdp;
  private final DeepSpeedConfig deepspeed;
  private final ParallelismSizes sizes;

  private Sharding(TrainingArguments args) {
    this.args = args;
    fsdp = FsdpConfig.of(args);
    deepspeed = DeepSpeedConfig.of(args);
    sizes = ParallelismSizes.of(args);
  }

  static Sharding of(TrainingArguments args) {
    return new Sharding(args);
  }

  ShardingPlan plan() {
    long bucketBytes = args.ddpBucketCapMb().orElse(25) * (1L << 20);
    if (deepspeed.isOn()) {
      return deepspeed.plan(bucketBytes);
    }
    return fsdp.isOn() ? fsdp.plan(bucketBytes, sizes.isHybrid()) : unshared(bucketBytes);
  }

  private static ShardingPlan unshared(long bucketBytes) {
    ShardingPlan none = ShardingPlan.NONE;
    return new ShardingPlan(
        none.stage(), false, false, false, none.stateDictType(), bucketBytes, false);
  }

  void check(ArgumentProblems problems) {
    problems.addAll(fsdp.problems());
    problems.addAll(deepspeed.problems(args));
    problems.addAll(sizes.problems(fsdp.isOn(), deepspeed.isOn()));
    problems.check(
        fsdp.isOn() && deepspeed.isOn(),
        "fsdp",
        "false, since deepspeed says what is shared out",
        "Choose one of them");
    problems.check(
        fsdp.recomputesActivations() && args.gradientCheckpointing(),
        "gradient_checkpointing",
        "false, since fsdp_config has activation_checkpointing, which is the same",
        "Remove one of them");
    problems.check(
        deepspeed.stage() == 3 && args.autoFindBatchSize(),
        "auto_find_batch_size",
        "false, since an update of ZeRO-3 cannot be begun again",
        "Remove it, or use another stage");
  }

  /** The differences that show when the ranks and the updates of a run are known. */
  List<ArgumentProblem> problems(int worldSize, int machines, long totalSteps) {
    List<ArgumentProblem> problems =
        new ArrayList<>(deepspeed.problems(args, worldSize, totalSteps));
    problems.addAll(sizes.problems(worldSize, machines));
    return problems;
  }

  TrainingArguments.Builder canonical(TrainingArguments.Builder builder) {
    fsdp.canonical(builder);
    return builder.deepspeed(deepspeed.canonical()).parallelismConfig(sizes.canonical());
  }
}
