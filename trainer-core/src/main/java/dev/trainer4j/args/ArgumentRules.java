// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.IntervalStrategy.BEST;
import static dev.trainer4j.args.IntervalStrategy.NO;
import static dev.trainer4j.args.IntervalStrategy.STEPS;

import java.util.ArrayList;
import java.util.List;

/**
 * What must hold between arguments, beyond the range of each: Hugging Face's rules for what is supported, and one more: an option that
 * does nothing is refused, because whoever set it believes that it does something.
 */
final class ArgumentRules {
  private final TrainingArguments args;
  private final List<ArgumentProblem> problems = new ArrayList<>();

  private ArgumentRules(TrainingArguments args) {
    this.args = args;
  }

  static List<ArgumentProblem> check(TrainingArguments args) {
    ArgumentRules rules = new ArgumentRules(args);
    rules.ranges();
    rules.schedule();
    rules.optimizer();
    rules.precision();
    rules.intervals();
    rules.saving();
    rules.bestModel();
    rules.data();
    return rules.problems;
  }

  private void ranges() {
    for (SupportedArgument<?> argument : SupportedArguments.BY_NAME.values()) {
      if (!argument.isInRange(args)) {
        problem(argument.name(), argument.type().expected(), "");
      }
    }
    if (args.maxSteps() == 0) {
      problem("max_steps", "a whole number of at least 1, or -1 for not set", "");
    }
  }

  private void schedule() {
    SchedulerType type = args.lrSchedulerType();
    if (args.warmupSteps() != 0) {
      switch (type) {
        case CONSTANT ->
            problem(
                "warmup_steps",
                "0, since constant never warms up",
                "Use lr_scheduler_type constant_with_warmup");
        case REDUCE_LR_ON_PLATEAU ->
            problem(
                "warmup_steps",
                "0, since reduce_lr_on_plateau never warms up",
                "Remove it or choose another lr_scheduler_type");
        case GREEDY ->
            problem(
                "warmup_steps",
                "0, since greedy never warms up",
                "Use the key 'warmup' of lr_scheduler_kwargs");
        default -> {}
      }
    }
    if (type.isMetricDriven() && args.evalStrategy() == NO) {
      problem(
          "lr_scheduler_type",
          "an eval_strategy, since this schedule moves with the evaluations",
          "Set eval_strategy to steps or epoch");
    }
    problems.addAll(SchedulerOptions.check(args));
  }

  private void optimizer() {
    TrainingArguments defaults = TrainingArguments.builder().unchecked();
    for (String name : List.of("adam_beta1", "adam_beta2", "adam_epsilon")) {
      if (!args.optim().isAdam() && !show(name, args).equals(show(name, defaults))) {
        problem(
            name,
            "nothing, since optim " + ValueType.hfName(args.optim()) + " is no Adam",
            "Remove it or use optim adamw_torch");
      }
    }
    problems.addAll(OptimizerOptions.check(args));
  }

  private void precision() {
    if (args.bf16() && args.fp16()) {
      problem("fp16", "false, since bf16 is true", "Choose one of them");
    }
    if (args.bf16FullEval() && args.fp16FullEval()) {
      problem("fp16_full_eval", "false, since bf16_full_eval is true", "Choose one of them");
    }
  }

  private void intervals() {
    if (args.loggingStrategy() == BEST) {
      problem("logging_strategy", "one of no, steps, epoch", "Only save_strategy knows best");
    }
    if (args.evalStrategy() == BEST) {
      problem("eval_strategy", "one of no, steps, epoch", "Only save_strategy knows best");
    }
    if (args.loggingStrategy() == STEPS && args.loggingSteps() == 0) {
      problem(
          "logging_steps",
          "more than 0 with logging_strategy steps",
          "Use logging_strategy no to log nothing");
    }
    if (args.saveStrategy() == STEPS && args.saveSteps() == 0) {
      problem(
          "save_steps",
          "more than 0 with save_strategy steps",
          "Use save_strategy no to save nothing");
    }
    if (args.evalStrategy() == STEPS && args.evalSteps().orElse(args.loggingSteps()) == 0) {
      problem(
          "eval_steps",
          "more than 0 with eval_strategy steps, here or in logging_steps",
          "Use eval_strategy no to evaluate never");
    }
  }

  private void saving() {
    if (args.saveKeepEvery().isPresent() && args.saveTotalLimit().isEmpty()) {
      problem(
          "save_keep_every",
          "a save_total_limit, since without one nothing is ever deleted",
          "Set save_total_limit, or remove it");
    }
    boolean saves =
        args.savesRegularly() || args.loadBestModelAtEnd() || args.enableJitCheckpoint();
    if (args.asyncSave() && !saves) {
      problem(
          "async_save",
          "something that saves, since save_strategy is no",
          "Set save_strategy or save_interval, or remove it");
    }
  }

  private void bestModel() {
    if (args.loadBestModelAtEnd() && args.evalStrategy() == NO) {
      problem(
          "load_best_model_at_end",
          "an eval_strategy, since only evaluations tell the best model",
          "Set eval_strategy to steps or epoch");
    }
    if (args.saveStrategy() == BEST && args.evalStrategy() == NO) {
      problem(
          "save_strategy",
          "an eval_strategy, since only evaluations tell the best model",
          "Set eval_strategy to steps or epoch");
    }
    boolean fallsBackToLoss = args.loadBestModelAtEnd() || args.lrSchedulerType().isMetricDriven();
    if (args.saveStrategy() == BEST && args.metricForBestModel().isEmpty() && !fallsBackToLoss) {
      problem(
          "save_strategy",
          "a metric_for_best_model",
          "Set metric_for_best_model, to loss for example");
    }
  }

  private void data() {
    boolean named =
        !args.lengthColumnName().equals(TrainingArguments.builder().unchecked().lengthColumnName());
    if (named && args.trainSamplingStrategy() != SamplingStrategy.GROUP_BY_LENGTH) {
      problem(
          "length_column_name",
          "train_sampling_strategy group_by_length, since nothing else reads lengths",
          "Set it, or remove length_column_name");
    }
    if (args.autoFindBatchSize() && args.dataloaderDropLast()) {
      problem(
          "auto_find_batch_size",
          "dataloader_drop_last false, since a smaller micro batch would drop other samples",
          "Remove one of them");
    }
    if (args.autoFindBatchSize() && args.perDeviceTrainBatchSize() == 1) {
      problem(
          "auto_find_batch_size",
          "per_device_train_batch_size above 1, since one sample cannot be split",
          "Raise that and lower gradient_accumulation_steps, or remove auto_find_batch_size");
    }
    boolean isDefault =
        show("dataloader_prefetch_factor", args)
            .equals(show("dataloader_prefetch_factor", TrainingArguments.builder().unchecked()));
    if (args.dataloaderNumWorkers() == 0 && !isDefault) {
      problem(
          "dataloader_prefetch_factor",
          "at least one thread that prefetches",
          "Set dataloader_num_workers to 1 or more, or remove it");
    }
  }

  private void problem(String name, String expected, String remedy) {
    problems.add(new ArgumentProblem(name, show(name, args), expected, remedy));
  }

  private static String show(String name, TrainingArguments args) {
    SupportedArgument<?> argument = SupportedArguments.BY_NAME.get(name);
    if (argument == null) {
      throw new IllegalStateException("no argument is called " + name);
    }
    return ValueType.show(argument.write(args));
  }
}
