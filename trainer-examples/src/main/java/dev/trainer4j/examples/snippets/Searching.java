// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.search.BestRun;
import dev.trainer4j.search.Direction;
import dev.trainer4j.search.HyperparameterSearch;
import dev.trainer4j.search.Pruner;
import dev.trainer4j.search.SearchAlgorithm;
import dev.trainer4j.search.SearchResult;
import dev.trainer4j.search.SearchSpace;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.function.Supplier;

/** Searches for hyperparameters, as docs/hyperparameter-search.md shows them. */
public final class Searching {
  private Searching() {}

  /** The short form. */
  public static BestRun byTrainer(
      Supplier<? extends TrainableModel> modelInit,
      TrainingArguments args,
      Dataset<Map<String, Object>> train,
      Dataset<Map<String, Object>> test) {
    // docs: short
    SearchSpace space =
        SearchSpace.builder()
            .logUniform("learning_rate", 1e-4, 1e-1)
            .choice("per_device_train_batch_size", 16, 32)
            .build();
    try (Trainer trainer =
        Trainer.builder(modelInit, args).trainDataset(train).evalDataset(test).build()) {
      BestRun best = trainer.hyperparameterSearch(space, 12, Direction.MINIMIZE);
      System.out.println(best.runId() + " " + best.objective() + " " + best.hyperparameters());
      return best;
    }
    // end docs
  }

  /** All that can be said. */
  public static SearchResult inFull(
      DoubleFunction<? extends TrainableModel> models,
      TrainingArguments args,
      Dataset<Map<String, Object>> train,
      Dataset<Map<String, Object>> test) {
    // docs: full
    SearchSpace space =
        SearchSpace.builder()
            .logUniform("learning_rate", 1e-4, 1e-1)
            .intUniform("num_train_epochs", 1, 3)
            .uniform("model.dropout", 0, 0.5) // a name of your own
            .build();
    SearchResult result =
        HyperparameterSearch.builder(args, space)
            .trials(12)
            .objective(metrics -> metrics.get("eval_loss"))
            .direction(Direction.MINIMIZE)
            .algorithm(SearchAlgorithm.TPE)
            .pruner(Pruner.asha())
            .seed(7)
            .build()
            .run(
                trial ->
                    Trainer.builder(() -> models.apply(trial.number("model.dropout")), trial.args())
                        .trainDataset(train)
                        .evalDataset(test)
                        .build());
    System.out.println(result.table());
    // end docs
    return result;
  }

  /** A model that is loaded for each trial. */
  public static SearchResult ofPretrained(
      HyperparameterSearch search,
      Path folder,
      Dataset<Map<String, Object>> train,
      Dataset<Map<String, Object>> test) {
    // docs: loaded
    SearchResult result =
        search.run(
            trial -> {
              try {
                PretrainedModel model = trial.closing(AutoModels.sequenceClassification(folder));
                return Trainer.builder(model, trial.args())
                    .trainDataset(train)
                    .evalDataset(test)
                    .build();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    // end docs
    return result;
  }

  /** Several objectives. */
  public static List<BestRun> severalDirections(
      TrainingArguments args,
      SearchSpace space,
      Supplier<? extends TrainableModel> modelInit,
      Dataset<Map<String, Object>> train,
      Dataset<Map<String, Object>> test) {
    // docs: several
    SearchResult result =
        HyperparameterSearch.builder(args, space)
            .algorithm(SearchAlgorithm.RANDOM)
            .objectives(
                List.of(Direction.MINIMIZE, Direction.MAXIMIZE),
                metrics ->
                    List.of(metrics.get("eval_loss"), metrics.get("eval_samples_per_second")))
            .build()
            .run(
                trial ->
                    Trainer.builder(modelInit, trial.args())
                        .trainDataset(train)
                        .evalDataset(test)
                        .build());
    List<BestRun> best = result.bestRuns(); // none is surpassed in both
    // end docs
    return best;
  }
}
