// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.IntervalStrategy.BEST;
import static dev.trainer4j.args.IntervalStrategy.NO;
import static dev.trainer4j.args.IntervalStrategy.STEPS;

import java.util.List;
import java.util.Objects;

/**
 * What must hold between arguments, beyond the range of each: Hugging Face's rules for what is supported, and one more: an option that
 * does nothing is refused, because whoever set it believes that it does something.
 */
final class ArgumentRules {
  private static final TrainingArguments DEFAULTS = TrainingArguments.builder().unchecked();

  private final TrainingArguments args;
  private final ArgumentProblems problems;

  private ArgumentRules(TrainingArguments args, ArgumentProblems problems) {
    this.args = args;
    this.problems = problems;
  }

  static void check(TrainingArguments args, ArgumentProblems problems) {
    ArgumentRules rules = new ArgumentRules(args, problems);
    rules.schedule();
    rules.optimizer();
    rules.precision();
    rules.intervals();
    rules.saving();
    rules.bestModel();
    rules.hub();
    rules.data();
    Sharding.of(args).check(problems);
  }

  private void schedule() {
    problems.check(
        args.maxSteps() == 0, "max_steps", "a whole number of at least 1, or -1 for not set", "");
    SchedulerType type = args.lrSchedulerType();
    boolean warmsUp = args.warmupSteps() != 0;
    problems.check(
        warmsUp && type == SchedulerType.CONSTANT && !args.optim().isScheduleFree(),
        "warmup_steps",
        "0, since constant never warms up",
        "Use lr_scheduler_type constant_with_warmup");
    problems.check(
        warmsUp && type == SchedulerType.REDUCE_LR_ON_PLATEAU,
        "warmup_steps",
        "0, since reduce_lr_on_plateau never warms up",
        "Remove it or choose another lr_scheduler_type");
    problems.check(
        warmsUp && type == SchedulerType.GREEDY,
        "warmup_steps",
        "0, since greedy never warms up",
        "Use the key 'warmup' of lr_scheduler_kwargs");
    problems.check(
        type.isMetricDriven() && args.evalStrategy() == NO,
        "lr_scheduler_type",
        "an eval_strategy, since this schedule moves with the evaluations",
        "Set eval_strategy to steps or epoch");
    problems.addAll(SchedulerOptions.check(args));
  }

  private void optimizer() {
    adamArgument("adam_beta1", "beta1", args.optim().readsBetas());
    adamArgument("adam_beta2", "beta2", args.optim().readsBetas());
    adamArgument("adam_epsilon", "eps", args.optim().readsEpsilon());
    problems.addAll(OptimizerOptions.check(args));
    scheduleFree();
  }

  private void scheduleFree() {
    if (!args.optim().isScheduleFree()) {
      return;
    }
    String optim = ValueType.hfName(args.optim());
    problems.check(
        args.lrSchedulerType() != SchedulerType.CONSTANT,
        "lr_scheduler_type",
        "constant, since optim " + optim + " takes the place of a schedule",
        "Set lr_scheduler_type to constant");
    double warmup = args.warmupSteps();
    problems.check(
        args.optim().warmsUp() && warmup != Math.rint(warmup),
        "warmup_steps",
        "a whole number of updates, since optim " + optim + " does not know how long the run is",
        "");
    problems.check(
        !args.optim().warmsUp() && warmup != 0,
        "warmup_steps",
        "0, since optim " + optim + " warms up by itself",
        "Remove it or use optim schedule_free_adamw");
  }

  private void adamArgument(String name, String key, boolean read) {
    problems.check(
        !read && !isDefault(name),
        name,
        "nothing, since optim " + ValueType.hfName(args.optim()) + " does not read it",
        "Remove it or use optim adamw_torch");
    problems.check(
        args.optim() == OptimizerName.ADEMAMIX
            && args.optimArgs().containsKey(key)
            && !isDefault(name),
        name,
        "nothing, since optim_args has " + key,
        "Give it in one place");
  }

  private void precision() {
    problems.check(
        args.bf16() && args.fp16(), "fp16", "false, since bf16 is true", "Choose one of them");
    problems.check(
        args.bf16FullEval() && args.fp16FullEval(),
        "fp16_full_eval",
        "false, since bf16_full_eval is true",
        "Choose one of them");
  }

  private void intervals() {
    problems.check(
        args.loggingStrategy() == BEST,
        "logging_strategy",
        "one of no, steps, epoch",
        "Only save_strategy knows best");
    problems.check(
        args.evalStrategy() == BEST,
        "eval_strategy",
        "one of no, steps, epoch",
        "Only save_strategy knows best");
    problems.check(
        args.loggingStrategy() == STEPS && args.loggingSteps() == 0,
        "logging_steps",
        "more than 0 with logging_strategy steps",
        "Use logging_strategy no to log nothing");
    problems.check(
        args.saveStrategy() == STEPS && args.saveSteps() == 0,
        "save_steps",
        "more than 0 with save_strategy steps",
        "Use save_strategy no to save nothing");
    problems.check(
        args.evalStrategy() == STEPS && args.evalSteps().orElse(args.loggingSteps()) == 0,
        "eval_steps",
        "more than 0 with eval_strategy steps, here or in logging_steps",
        "Use eval_strategy no to evaluate never");
  }

  private void saving() {
    problems.check(
        args.saveKeepEvery().isPresent() && args.saveTotalLimit().isEmpty(),
        "save_keep_every",
        "a save_total_limit, since without one nothing is ever deleted",
        "Set save_total_limit, or remove it");
    boolean saves =
        args.savesRegularly() || args.loadBestModelAtEnd() || args.enableJitCheckpoint();
    problems.check(
        args.asyncSave() && !saves,
        "async_save",
        "something that saves, since save_strategy is no",
        "Set save_strategy or save_interval, or remove it");
  }

  private void bestModel() {
    problems.check(
        args.loadBestModelAtEnd() && args.evalStrategy() == NO,
        "load_best_model_at_end",
        "an eval_strategy, since only evaluations tell the best model",
        "Set eval_strategy to steps or epoch");
    problems.check(
        args.saveStrategy() == BEST && args.evalStrategy() == NO,
        "save_strategy",
        "an eval_strategy, since only evaluations tell the best model",
        "Set eval_strategy to steps or epoch");
    boolean fallsBackToLoss = args.loadBestModelAtEnd() || args.lrSchedulerType().isMetricDriven();
    problems.check(
        args.saveStrategy() == BEST && args.metricForBestModel().isEmpty() && !fallsBackToLoss,
        "save_strategy",
        "a metric_for_best_model",
        "Set metric_for_best_model, to loss for example");
  }

  private void hub() {
    for (String name : List.of("hub_strategy", "hub_always_push")) {
      problems.check(
          !args.pushToHub() && !isDefault(name),
          name,
          "push_to_hub true, since nothing is pushed without",
          "Set it, or remove " + name);
    }
    boolean end = args.hubStrategy() == HubStrategy.END;
    problems.check(
        args.pushToHub() && args.hubAlwaysPush() && end,
        "hub_always_push",
        "another hub_strategy than end, which pushes once",
        "Remove it");
    problems.check(
        args.pushToHub() && !end && !args.savesRegularly() && !args.savesBest(),
        "push_to_hub",
        "something that saves, since hub_strategy "
            + ValueType.hfName(args.hubStrategy())
            + " pushes what is saved and save_strategy is no",
        "Set save_strategy or save_interval, or hub_strategy end");
    problems.check(
        args.hubStrategy() == HubStrategy.CHECKPOINT && args.pushToHub() && args.saveOnlyModel(),
        "hub_strategy",
        "save_only_model false, since training does not resume from a checkpoint of the model"
            + " alone",
        "Use hub_strategy every_save, or remove save_only_model");
  }

  private void data() {
    problems.check(
        !isDefault("length_column_name")
            && args.trainSamplingStrategy() != SamplingStrategy.GROUP_BY_LENGTH
            && args.trainSamplingStrategy() != SamplingStrategy.BATCH_REBALANCE,
        "length_column_name",
        "train_sampling_strategy group_by_length or batch_rebalance, since nothing else reads"
            + " lengths",
        "Set it, or remove length_column_name");
    problems.check(
        args.autoFindBatchSize() && args.dataloaderDropLast(),
        "auto_find_batch_size",
        "dataloader_drop_last false, since a smaller micro batch would drop other samples",
        "Remove one of them");
    problems.check(
        args.autoFindBatchSize() && args.perDeviceTrainBatchSize() == 1,
        "auto_find_batch_size",
        "per_device_train_batch_size above 1, since one sample cannot be split",
        "Raise that and lower gradient_accumulation_steps, or remove auto_find_batch_size");
    problems.check(
        args.dataloaderNumWorkers() == 0 && args.dataloaderPrefetchFactor().isPresent(),
        "dataloader_prefetch_factor",
        "at least one thread that prefetches",
        "Set dataloader_num_workers to 1 or more, or remove it");
  }

  private boolean isDefault(String name) {
    Argument<?> argument = TrainingArgumentTable.TABLE.argument(name);
    return Objects.equals(argument.get(args), argument.get(DEFAULTS));
  }
}
