// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.cli.UsageException;
import dev.trainer4j.cli.train.RunData.Rows;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.ProblemType;
import dev.trainer4j.transformers.Task;
import java.util.List;
import java.util.Set;

/**
 * The task of a run, and why.
 *
 * @param task what is learned
 * @param reason how that was found, for whoever wonders
 */
record TaskGuess(TextTask task, String reason) {

  static TaskGuess of(TextArguments args, Rows rows, PretrainedConfig config) {
    if (args.task() != null) {
      return new TaskGuess(args.task(), "asked for");
    }
    String name = args.taskName();
    if (name != null) {
      return named(name);
    }
    return ofColumns(args, rows, config);
  }

  /** What a model was trained for. */
  static TaskGuess ofTrained(TextArguments args, PretrainedConfig config) {
    TextTask task =
        switch (Task.of(config)) {
          case SEQUENCE_CLASSIFICATION ->
              TextLabelRecipe.problem(config) == ProblemType.REGRESSION
                  ? TextTask.REGRESSION
                  : TextTask.CLASSIFICATION;
          case TOKEN_CLASSIFICATION -> TextTask.TOKEN_CLASSIFICATION;
          case QUESTION_ANSWERING -> TextTask.QUESTION_ANSWERING;
          case MULTIPLE_CHOICE -> TextTask.MULTIPLE_CHOICE;
          case SEQ2SEQ_LM ->
              args.sourceLang() == null ? TextTask.SUMMARIZATION : TextTask.TRANSLATION;
          case CAUSAL_LM -> TextTask.CAUSAL_LM;
          case MASKED_LM -> TextTask.MASKED_LM;
          case FEATURE_EXTRACTION ->
              throw new IllegalArgumentException(
                  config.source()
                      + " is the body of a model, which has learned no task: train it first");
        };
    if (args.task() != null && args.task() != task) {
      throw new UsageException(
          "task is "
              + args.task().flag()
              + ", but the model of "
              + config.source()
              + " was trained for "
              + task.flag());
    }
    return new TaskGuess(task, "the model was trained for it");
  }

  private static TaskGuess named(String name) {
    if (Glue.knows(name)) {
      return new TaskGuess(Glue.task(name), "task_name is " + name);
    }
    if (Set.of("ner", "pos", "chunk").contains(name)) {
      return new TaskGuess(TextTask.TOKEN_CLASSIFICATION, "task_name is " + name);
    }
    throw new UsageException(
        "task_name is '"
            + name
            + "', expected ner, pos, chunk or a task of GLUE: "
            + Glue.names()
            + ". For other data leave it out, or give --task");
  }

  private static TaskGuess ofColumns(TextArguments args, Rows rows, PretrainedConfig config) {
    Set<String> columns = Set.copyOf(rows.columns());
    if (columns.containsAll(List.of("question", "context", "answers"))) {
      return new TaskGuess(
          TextTask.QUESTION_ANSWERING, "there are questions, contexts and answers");
    }
    if (columns.containsAll(List.of("sent1", "ending0", "ending1"))) {
      return new TaskGuess(TextTask.MULTIPLE_CHOICE, "there are endings to choose from");
    }
    if (TokenLabelRecipe.words(args, rows).isPresent()
        && TokenLabelRecipe.tags(args, rows).isPresent()) {
      return new TaskGuess(TextTask.TOKEN_CLASSIFICATION, "there are lists of words and of labels");
    }
    if (columns.contains("translation") || args.sourceLang() != null) {
      return new TaskGuess(TextTask.TRANSLATION, "there are translations");
    }
    if (WritingRecipe.summary(args, rows).isPresent()) {
      return new TaskGuess(TextTask.SUMMARIZATION, "there are summaries");
    }
    if (TextColumns.label(args, rows).or(() -> TextColumns.onlyOther(rows, args)).isPresent()) {
      return TextLabelRecipe.isNumber(args, rows)
          ? new TaskGuess(TextTask.REGRESSION, "the labels are numbers with fractions")
          : new TaskGuess(TextTask.CLASSIFICATION, "there is a column of labels");
    }
    return ofModel(rows, config);
  }

  /** Texts alone. */
  private static TaskGuess ofModel(Rows rows, PretrainedConfig config) {
    try {
      Task head = Task.of(config);
      if (head == Task.MASKED_LM) {
        return new TaskGuess(
            TextTask.MASKED_LM, "there are texts alone, and the model fills masks");
      }
      if (head == Task.CAUSAL_LM) {
        return new TaskGuess(TextTask.CAUSAL_LM, "there are texts alone, and the model writes");
      }
    } catch (PretrainedException e) {
      // A configuration that names no architecture tells nothing of the task.
    }
    throw new IllegalArgumentException(
        "what shall be learned? The columns of "
            + rows.source()
            + " are "
            + String.join(", ", rows.columns())
            + ", which tell no task: give --task, or name the labels by --label_column_name");
  }
}
