// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.args.TrainingArguments;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The arguments that a card lists, under Hugging Face's names and in its order. */
final class Hyperparameters {
  private Hyperparameters() {}

  static Map<String, String> of(TrainingArguments args) {
    Map<String, String> listed = new LinkedHashMap<>();
    int batch = args.perDeviceTrainBatchSize();
    int accumulation = args.gradientAccumulationSteps();
    listed.put("learning_rate", plain(args.learningRate()));
    listed.put("train_batch_size", String.valueOf(batch));
    listed.put("eval_batch_size", String.valueOf(args.perDeviceEvalBatchSize()));
    listed.put("seed", String.valueOf(args.seed()));
    if (accumulation > 1) {
      listed.put("gradient_accumulation_steps", String.valueOf(accumulation));
      listed.put("total_train_batch_size", String.valueOf((long) batch * accumulation));
    }
    listed.put("optimizer", optimizer(args));
    listed.put("lr_scheduler_type", name(args.lrSchedulerType()));
    if (args.warmupSteps() != 0) {
      listed.put("lr_scheduler_warmup_steps", plain(args.warmupSteps()));
    }
    if (args.maxSteps() > 0) {
      listed.put("training_steps", String.valueOf(args.maxSteps()));
    } else {
      listed.put("num_epochs", plain(args.numTrainEpochs()));
    }
    if (args.weightDecay() != 0) {
      listed.put("weight_decay", plain(args.weightDecay()));
    }
    if (args.bf16() || args.fp16()) {
      listed.put("mixed_precision_training", args.bf16() ? "bf16" : "fp16");
    }
    if (args.labelSmoothingFactor() != 0) {
      listed.put("label_smoothing_factor", plain(args.labelSmoothingFactor()));
    }
    return listed;
  }

  private static String optimizer(TrainingArguments args) {
    String name = name(args.optim());
    String more =
        args.optimArgs().isEmpty() ? "no additional arguments" : "arguments " + args.optimArgs();
    return name.contains("adam")
        ? "%s with betas=(%s,%s), epsilon=%s and %s"
            .formatted(
                name,
                plain(args.adamBeta1()),
                plain(args.adamBeta2()),
                plain(args.adamEpsilon()),
                more)
        : name + " with " + more;
  }

  private static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? String.valueOf((long) value)
        : String.valueOf(value).replace("E", "e");
  }
}
