// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.hub.Hub;
import dev.trainer4j.hub.ModelCardDetails;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.run.TrainingPlan;
import dev.trainer4j.state.TrainerStateJson;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.sft.SftArguments;
import dev.trainer4j.transformers.sft.SftTrainer;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainingArguments;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Fine-tunes: model, rows and trainer of the arguments, then train, evaluate and save; or tells what would be done. */
final class SftRun {

  private final SftScriptArguments args;
  private final SftArguments arguments;
  private final Seq2SeqTrainingArguments writing;
  private final Console console;
  private final TrainingArguments training;
  private final Path folder;

  SftRun(
      SftScriptArguments args,
      SftArguments arguments,
      Seq2SeqTrainingArguments writing,
      Console console) {
    this.args = args;
    this.arguments = arguments;
    this.writing = writing;
    this.console = console;
    training = arguments.training();
    folder = training.outputDir();
  }

  /** Does the work, and prints the figures as JSON, or a plan. */
  void run() throws IOException {
    ResumeFrom from = OutputFolder.resume(args, folder, console);
    SftModelFactory models = SftModelFactory.of(args);
    SftRows rows = SftRows.of(args, training.evalStrategy() != IntervalStrategy.NO, console);
    if (writing.predictWithGenerate() && rows.eval() == null) {
      throw new UsageException(
          "predict_with_generate writes texts in evaluations, and there is nothing to evaluate on:"
              + " give a validation_file, or remove it");
    }
    try (PretrainedTokenizer tokenizer = models.tokenizer();
        PretrainedModel base = models.base(tokenizer, arguments)) {
      PeftModel adapter = models.adapter(base);
      try (SftTrainer trainer = trainer(models, base, adapter, tokenizer, rows)) {
        if (args.dryRun()) {
          plan(models, trainer, rows);
        } else {
          train(trainer, rows, from);
        }
      } finally {
        if (adapter != null) {
          adapter.close();
        }
      }
    }
  }

  private SftTrainer trainer(
      SftModelFactory models,
      PretrainedModel base,
      @Nullable PeftModel adapter,
      PretrainedTokenizer tokenizer,
      SftRows rows) {
    SftTrainer.Builder builder =
        adapter == null
            ? SftTrainer.builder(base, arguments)
            : SftTrainer.builder(adapter, arguments);
    builder.tokenizer(tokenizer).trainDataset(rows.train().rows()).generation(writing);
    if (args.usePeft()) {
      builder.peft(models.lora());
    }
    if (rows.eval() != null) {
      builder.evalDataset(rows.eval().rows());
    }
    if (writing.predictWithGenerate()) {
      builder.computeMetrics(
          (EvalPrediction evaluation) -> WrittenAnswers.measure(evaluation, tokenizer));
    }
    if (!console.quiet()) {
      // On standard error: standard output is for figures.
      builder.callback(ProgressCallback.orPrinter(System.err));
    }
    return builder.build();
  }

  /** Trains and saves, and prints the figures. Of several processes the first one writes and prints. */
  private void train(SftTrainer trainer, SftRows rows, ResumeFrom from) throws IOException {
    boolean isFirst = trainer.state().isWorldProcessZero();
    if (isFirst) {
      OutputFolder.clear(args, folder, console);
    }
    ResultFiles results = new ResultFiles(isFirst ? folder : null);
    TrainOutput output = trainer.train(from);
    trainer.saveModel(folder);
    results.save("train", output.metrics(), rows.train().rows().size());
    if (isFirst) {
      saved(trainer, output);
    }
    if (rows.eval() != null) {
      EvaluationOutput evaluation = trainer.evaluate();
      results.save("eval", evaluation.metrics(), rows.eval().rows().size());
    }
    publish(trainer, isFirst);
    if (isFirst) {
      console.out().println(results.text());
    }
  }

  private void saved(SftTrainer trainer, TrainOutput output) throws IOException {
    Files.writeString(
        folder.resolve("trainer_state.json"), TrainerStateJson.write(trainer.state()));
    console.tell(
        (trainer.peftModel().isPresent() ? "Adapter" : "Model")
            + " saved: "
            + folder
            + " ("
            + output.globalStep()
            + " updates). Try it: trainer chat "
            + folder);
  }

  /** With the figures of the evaluation in the card. */
  private void publish(SftTrainer trainer, boolean isFirst) throws IOException {
    if (!training.pushToHub()) {
      Hub.createModelCard(trainer, ModelCardDetails.none());
    } else if (isFirst) {
      console.tell("Pushed: " + Hub.pushToHub(trainer, "End of training").url());
    } else {
      trainer.saveModel(folder); // Saving before a push may take all processes.
    }
  }

  private void plan(SftModelFactory models, SftTrainer trainer, SftRows rows) {
    PrintWriter out = console.out();
    TrainingPlan plan = trainer.plan();
    long trained =
        trainer.model().parameters().stream()
            .mapToLong(parameter -> parameter.array().getShape().size())
            .sum();
    out.println("Model: " + models);
    trainer.peftModel().ifPresent(peft -> out.println("Trained: " + peft));
    out.println("Train: " + rows.train().source() + ", " + rows.train().rows().size() + " rows");
    if (rows.eval() != null) {
      out.println("Evaluate: " + rows.eval().source() + ", " + rows.eval().rows().size() + " rows");
    }
    out.printf(
        Locale.ROOT,
        "Updates: %d, %d an epoch, of %d samples each; %d samples%s; learning rate %s, %s%n",
        plan.maxSteps(),
        plan.updatesPerEpoch(),
        plan.totalBatchSize(),
        plan.samples().orElse(0),
        arguments.packing() ? " (packed blocks of " + arguments.maxLength().orElse(0) + ")" : "",
        training.learningRate(),
        training.lrSchedulerType().name().toLowerCase(Locale.ROOT));
    double mib = 1024.0 * 1024;
    out.printf(
        Locale.ROOT,
        "Memory: %,d trained parameters: %.1f MiB of gradients, %.1f MiB of optimizer state; the"
            + " model and what a batch needs come on top%n",
        trained,
        4 * trained / mib,
        MemoryOfOptimizer.bytes(training.optim(), trained) / mib);
    out.println(trainer.preview());
    out.println(
        "Written into "
            + folder
            + ": "
            + (trainer.peftModel().isPresent() ? "the adapter" : "the model")
            + ", the tokenizer, checkpoint-N/, trainer_state.json, all_results.json, README.md (a model card)");
    out.println("Nothing was trained or written: this was a dry run.");
  }
}
