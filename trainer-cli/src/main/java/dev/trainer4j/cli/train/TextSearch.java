// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.Trainer;
import dev.trainer4j.callbacks.HtmlSearchReport;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.search.BestRun;
import dev.trainer4j.search.HyperparameterSearch;
import dev.trainer4j.search.HyperparameterSearchBuilder;
import dev.trainer4j.search.SearchResult;
import dev.trainer4j.search.SearchSpace;
import dev.trainer4j.search.Trial;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Trains the trials of a search, and tells what they came to. */
final class TextSearch {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunSetup setup;
  private final SearchArguments search;
  private final Console console;

  TextSearch(RunSetup setup, SearchArguments search, Console console) {
    this.setup = setup;
    this.search = search;
    this.console = console;
  }

  /** Throws if flags of {@code trainer train} say what a search cannot do. */
  static void requireSearchable(TextArguments args) {
    List<String> problems = new ArrayList<>();
    if (args.resumeFromCheckpoint() != null || args.overwriteOutputDir()) {
      problems.add(
          "resume_from_checkpoint and overwrite_output_dir: a search goes on by itself; delete the folder to begin"
              + " anew");
    }
    if (args.testFile() != null || args.doPredict() != null) {
      problems.add(
          "test_file and do_predict: a search predicts nothing; train with the best hyperparameters, and predict then");
    }
    if (args.doTrain() != null || args.doEval() != null) {
      problems.add("do_train and do_eval: a search does both; leave them out");
    }
    if (args.dryRun()) {
      problems.add("dry_run: try it with 'trainer train', whose flags are the same");
    }
    if (!problems.isEmpty()) {
      throw new UsageException(String.join("\n", problems));
    }
  }

  /** Searches; returns the best trial as JSON. */
  String run() {
    Verbs verbs = Verbs.of(setup.args(), setup.training(), setup.data());
    if (!verbs.trains() || !verbs.evaluates()) {
      throw new UsageException(
          "a search needs data to train and to evaluate on: give a train_file, and a validation_file or a"
              + " validation_split_percentage");
    }
    SearchResult result = build().run(this::trainer);
    console.tell("Report: " + result.folder().resolve(HtmlSearchReport.FILE_NAME));
    return json(
        result
            .best()
            .orElseThrow(() -> new IllegalStateException("no trial was trained to its end")));
  }

  private HyperparameterSearch build() {
    SearchSpace space =
        search.space() == null ? SearchSpace.defaults() : SearchSpace.read(search.space());
    space.names().stream()
        .filter(name -> name.startsWith("model."))
        .findFirst()
        .ifPresent(
            name -> {
              throw new UsageException(
                  search.space()
                      + ": "
                      + name
                      + " is for models that a program makes; name training arguments");
            });
    HyperparameterSearchBuilder builder =
        HyperparameterSearch.builder(setup.training(), space)
            .trials(search.trials())
            .direction(search.asDirection())
            .algorithm(search.algorithm())
            .pruner(search.asPruner())
            .listener(new HtmlSearchReport());
    if (search.objective() != null) {
      builder.objective(search.objective());
    }
    return builder.build();
  }

  private Trainer trainer(Trial trial) {
    console.tell(trial.runId() + ": " + trial.hyperparameters());
    RunSetup own = setup.with(trial.args());
    try {
      PretrainedModel model = trial.closing(own.loadModel());
      return own.recipe().trainer(own.prepare(model, true).builder(), own.writing());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String json(BestRun best) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("run_id", best.runId());
    values.put("objective", best.objective());
    values.put("hyperparameters", best.hyperparameters());
    values.put("metrics", best.summary());
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(values);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
