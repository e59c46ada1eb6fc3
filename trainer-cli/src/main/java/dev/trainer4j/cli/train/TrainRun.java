// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callbacks.PrinterCallback;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.train.RunData.Rows;
import dev.trainer4j.hub.Hub;
import dev.trainer4j.hub.HubClient;
import dev.trainer4j.hub.HubPushCallback;
import dev.trainer4j.hub.ModelCardDetails;
import dev.trainer4j.state.TrainerStateJson;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Trains, evaluates and predicts, in this order, and writes what comes of it into the output folder. */
final class TrainRun {
  static final String PREDICTIONS = "predictions.jsonl";

  private final RunSetup setup;
  private final Console console;
  private final Verbs verbs;
  private final Path folder;
  private final ResultFiles results;
  private long trainSamples;
  private long evalSamples;
  private boolean isFirst;

  /**
   * Makes a run.
   *
   * @param folder where all is written; null for nowhere
   */
  TrainRun(RunSetup setup, Console console, Verbs verbs, @Nullable Path folder) {
    this.setup = setup;
    this.console = console;
    this.verbs = verbs;
    this.folder = folder == null ? Path.of("") : folder;
    results = new ResultFiles(folder);
  }

  /** Does what is to be done, and prints the figures as JSON. Of several processes the first one writes and prints. */
  void run() throws IOException {
    ResumeFrom from =
        verbs.trains() ? OutputFolder.resume(setup.args(), folder, console) : ResumeFrom.never();
    // Whoever predicts looks at the model itself, and where ranks share it waits until a trainer
    // has given it back.
    boolean later = verbs.predicts() && DeferredLoading.sharesParameters(setup.training());
    try (PretrainedModel model =
        verbs.predicts() ? setup.loadModel() : setup.loadModelForTrainer()) {
      withTrainer(model, from, verbs.predicts() && !later);
      if (later && isFirst) {
        predict(model);
      }
    }
    if (isFirst) {
      console.out().println(results.text());
    }
  }

  private void withTrainer(PretrainedModel model, ResumeFrom from, boolean predicts)
      throws IOException {
    try (Trainer trainer = setup.recipe().trainer(builder(model), setup.writing())) {
      isFirst = trainer.state().isWorldProcessZero();
      if (verbs.trains()) {
        if (isFirst) {
          OutputFolder.clear(setup.args(), folder, console);
        }
        train(trainer, from);
      }
      if (verbs.evaluates()) {
        evaluate(trainer);
      }
      if (predicts && isFirst) {
        predict(model);
      }
      if (verbs.trains()) {
        publish(trainer);
      }
    }
  }

  private Trainer.Builder builder(PretrainedModel model) {
    TrainingArguments training = setup.training();
    RunSetup.Prepared prepared = setup.prepare(model, verbs.trains());
    trainSamples = prepared.trainSamples();
    evalSamples = prepared.evalSamples();
    Trainer.Builder builder = prepared.builder();
    if (!console.quiet()) {
      builder.callback(progress());
    }
    if (training.pushToHub() && training.hubToken().isEmpty()) {
      builder.callback(new HubPushCallback(HubClient.fromEnvironment(), details()));
    }
    return builder;
  }

  /** On standard error: standard output is for figures. */
  private TrainerCallback progress() {
    return setup.args().disableTqdm()
        ? new PrinterCallback(System.err)
        : ProgressCallback.orPrinter(System.err);
  }

  private ModelCardDetails details() {
    String dataset = setup.args().datasetName();
    return dataset == null || Files.isDirectory(Path.of(dataset))
        ? ModelCardDetails.none()
        : ModelCardDetails.none().datasets(dataset);
  }

  private void train(Trainer trainer, ResumeFrom from) throws IOException {
    TrainOutput output = trainer.train(from);
    trainer.saveModel(folder);
    if (!isFirst) {
      return;
    }
    results.save("train", output.metrics(), trainSamples);
    Files.writeString(
        folder.resolve("trainer_state.json"), TrainerStateJson.write(trainer.state()));
    console.tell("Model saved: " + folder + " (" + output.globalStep() + " updates).");
  }

  /** With the figures of the evaluation in the card. */
  private void publish(Trainer trainer) throws IOException {
    if (!setup.training().pushToHub()) {
      Hub.createModelCard(trainer, details());
    } else if (isFirst) {
      console.tell("Pushed: " + Hub.pushToHub(trainer, "End of training", details()).url());
    } else {
      trainer.saveModel(folder); // Saving before a push may take all processes.
    }
  }

  private void evaluate(Trainer trainer) throws IOException {
    EvaluationOutput output = trainer.evaluate();
    if (isFirst) {
      results.save("eval", setup.recipe().derived(output.metrics(), "eval"), evalSamples);
    }
  }

  private void predict(PretrainedModel model) throws IOException {
    Rows rows = Objects.requireNonNull(setup.data().test());
    Files.createDirectories(folder);
    Path file = folder.resolve(PREDICTIONS);
    try (RowPredictor predictor =
            setup
                .recipe()
                .predictor(model, setup.texts(), setup.training().perDeviceEvalBatchSize());
        BufferedWriter out = Files.newBufferedWriter(file)) {
      int batch = setup.training().perDeviceEvalBatchSize();
      for (long at = 0; at < rows.rows().size(); at += batch) {
        List<Map<String, Object>> some = new ArrayList<>();
        for (long i = at; i < Math.min(rows.rows().size(), at + batch); i++) {
          some.add(rows.rows().get(i));
        }
        for (Map<String, Object> prediction : predictor.predict(some)) {
          out.write(ResultFiles.line(prediction));
          out.newLine();
        }
      }
    }
    console.tell("Predictions: " + file + " (" + rows.rows().size() + " lines).");
  }
}
