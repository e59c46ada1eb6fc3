// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.cli.UsageException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a run does. Hugging Face's scripts do what they are told, and nothing else; without any flag all is done that there is data
 * for.
 */
record Verbs(boolean trains, boolean evaluates, boolean predicts) {

  static Verbs of(TextArguments args, TrainingArguments training, RunData data) {
    boolean told = args.doTrain() != null || args.doEval() != null || args.doPredict() != null;
    Verbs verbs =
        told
            ? new Verbs(isTrue(args.doTrain()), isTrue(args.doEval()), isTrue(args.doPredict()))
            : new Verbs(data.train() != null, data.validation() != null, data.test() != null);
    require(verbs.trains(), data.train(), "do_train", "train_file");
    require(
        verbs.evaluates(),
        data.validation(),
        "do_eval",
        "validation_file, or a validation_split_percentage");
    require(verbs.predicts(), data.test(), "do_predict", "test_file");
    if (verbs.trains()
        && training.evalStrategy() != IntervalStrategy.NO
        && data.validation() == null) {
      throw new UsageException(
          "eval_strategy is "
              + training.evalStrategy().name().toLowerCase(Locale.ROOT)
              + ", but there is no data for it: give a validation_file, or a validation_split_percentage");
    }
    if (!verbs.trains() && !verbs.evaluates() && !verbs.predicts()) {
      throw new UsageException(
          "nothing is to be done: do_train, do_eval and do_predict are all false; set one to true, or leave them out");
    }
    return verbs;
  }

  private static boolean isTrue(@Nullable Boolean flag) {
    return flag != null && flag;
  }

  private static void require(
      boolean verb, RunData.@Nullable Rows rows, String flag, String source) {
    if (verb && rows == null) {
      throw new UsageException(flag + " is true, but there is no data for it: give a " + source);
    }
  }
}
