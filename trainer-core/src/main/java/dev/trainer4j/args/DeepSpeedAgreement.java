// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.DeepSpeedKeys.OPTIMIZER;
import static dev.trainer4j.args.DeepSpeedKeys.SCHEDULER;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Holds a {@code ds_config.json} against the training arguments, as Hugging Face's Trainer does: what the file says in numbers must
 * be what the arguments say, and every difference is reported.
 */
final class DeepSpeedAgreement {
  private final ConfigReading file;
  private final List<ArgumentProblem> differences = new ArrayList<>();

  DeepSpeedAgreement(ConfigReading file) {
    this.file = file;
  }

  /** The differences that show before a run. */
  List<ArgumentProblem> with(TrainingArguments args) {
    if (!args.autoFindBatchSize()) {
      same(
          "train_micro_batch_size_per_gpu",
          "per_device_train_batch_size",
          args.perDeviceTrainBatchSize());
    }
    same(
        "gradient_accumulation_steps",
        "gradient_accumulation_steps",
        args.gradientAccumulationSteps());
    same("gradient_clipping", "max_grad_norm", args.maxGradNorm());
    optimizer(args);
    scheduler(args);
    same("checkpoint.use_node_local_storage", "save_on_each_node", args.saveOnEachNode());
    same("fp16.enabled", "fp16 (or fp16_full_eval)", args.fp16() || args.fp16FullEval());
    same("bf16.enabled", "bf16 (or bf16_full_eval)", args.bf16() || args.bf16FullEval());
    return differences;
  }

  /** The differences that show when the ranks and the updates of a run are known. */
  List<ArgumentProblem> with(TrainingArguments args, int worldSize, long totalSteps) {
    if (!args.autoFindBatchSize()) {
      same(
          "train_batch_size",
          "per_device_train_batch_size x gradient_accumulation_steps x "
              + (worldSize == 1 ? "1 rank:" : worldSize + " ranks:"),
          (long) args.perDeviceTrainBatchSize() * args.gradientAccumulationSteps() * worldSize);
    }
    same(SCHEDULER + "total_num_steps", "the updates of this run:", totalSteps);
    int warmup = args.warmupStepsFor((int) Math.min(totalSteps, Integer.MAX_VALUE));
    // DeepSpeed knows no warmup of 0, and 1 stands for it.
    if (warmup > 0 || !isNone(SCHEDULER + "warmup_num_steps")) {
      same(SCHEDULER + "warmup_num_steps", "warmup_steps of this run:", warmup);
    }
    return differences;
  }

  private boolean isNone(String key) {
    return file.get(key, DeepSpeedKeys.NUMBER).filter(steps -> steps <= 1).isPresent();
  }

  private void optimizer(TrainingArguments args) {
    boolean decoupled = file.get(OPTIMIZER + "adam_w_mode", ValueType.FLAG).orElse(true);
    file.get("optimizer.type", ValueType.TEXT)
        .ifPresent(type -> optimizer(type, decoupled, args.optim()));
    same(OPTIMIZER + "lr", "learning_rate", args.learningRate());
    same(
        OPTIMIZER + "betas", "adam_beta1, adam_beta2", List.of(args.adamBeta1(), args.adamBeta2()));
    same(OPTIMIZER + "eps", "adam_epsilon", args.adamEpsilon());
    same(OPTIMIZER + "weight_decay", "weight_decay", args.weightDecay());
  }

  private void optimizer(String type, boolean decoupled, OptimizerName argument) {
    List<OptimizerName> meant = DeepSpeedConfig.optimizers(type, decoupled);
    if (meant.isEmpty()) {
      differs(
          "optimizer.type",
          "one of AdamW, Adam, SGD, Adagrad, Lion",
          "Remove 'optimizer' and use optim");
    } else if (!meant.contains(argument)) {
      differs(
          "optimizer.type",
          "what optim says, " + ValueType.hfName(argument),
          "Set optim to " + ValueType.hfName(meant.get(0)) + ", or remove 'optimizer'");
    }
  }

  private void scheduler(TrainingArguments args) {
    same(SCHEDULER + "warmup_max_lr", "learning_rate", args.learningRate());
    boolean decays = "WarmupDecayLR".equals(file.values().get("scheduler.type"));
    boolean warms = "WarmupLR".equals(file.values().get("scheduler.type"));
    SchedulerType meant = decays ? SchedulerType.LINEAR : SchedulerType.CONSTANT_WITH_WARMUP;
    if ((decays || warms) && args.lrSchedulerType() != meant) {
      differs(
          "scheduler.type",
          "what lr_scheduler_type says, " + ValueType.hfName(args.lrSchedulerType()),
          "Set lr_scheduler_type to " + ValueType.hfName(meant) + ", or remove 'scheduler'");
    }
  }

  private void same(String key, String argument, Object value) {
    Object said = file.values().get(key);
    if (said != null && !said.equals(ConfigReading.AUTO) && !equal(said, value)) {
      differs(
          key,
          "what the training arguments say, " + argument + " " + ValueType.show(value),
          "Set it to auto");
    }
  }

  private void differs(String key, String expected, String remedy) {
    differences.add(
        ConfigReading.problem(
            file.argument() + "." + key, file.values().get(key), expected, remedy));
  }

  private static boolean equal(Object said, Object value) {
    if (said instanceof Number number && value instanceof Number other) {
      return number.doubleValue() == other.doubleValue();
    }
    if (said instanceof List<?> one
        && value instanceof List<?> other
        && one.size() == other.size()) {
      return IntStream.range(0, one.size()).allMatch(i -> equal(one.get(i), other.get(i)));
    }
    return said.equals(value);
  }
}
