// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;

import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callbacks.HtmlSearchReport;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.search.Direction;
import dev.trainer4j.search.HyperparameterSearch;
import dev.trainer4j.search.Pruner;
import dev.trainer4j.search.SearchResult;
import dev.trainer4j.search.SearchSpace;
import java.nio.file.Path;

/**
 * Looking for hyperparameters: rate, batch size and width of a small network. Stop it and run it again: it goes on.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am -Dexec.mainClass=dev.trainer4j.examples.SearchHyperparameters</pre>
 */
public final class SearchHyperparameters {
  private SearchHyperparameters() {}

  /** Train so many trials, 20 by default, below {@code out/search}. */
  public static void main(String[] args) {
    Path out = Path.of("out/search");
    SearchResult result = run(out, args.length > 0 ? Integer.parseInt(args[0]) : 20);
    System.out.println(result.table());
    result.best().ifPresent(best -> System.out.println("best: " + best.hyperparameters()));
    System.out.println("open " + out.resolve(HtmlSearchReport.FILE_NAME).toUri() + " in a browser");
  }

  static SearchResult run(Path out, int trials) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .numTrainEpochs(4)
            .evalStrategy(EPOCH)
            .saveStrategy(EPOCH)
            .saveTotalLimit(1)
            .build();
    SearchSpace space =
        SearchSpace.builder()
            .logUniform("learning_rate", 1e-4, 0.3)
            .choice("per_device_train_batch_size", 16, 32, 64)
            .intLogUniform("model.width", 2, 64)
            .build();
    return HyperparameterSearch.builder(args, space)
        .trials(trials)
        .objective("accuracy")
        .direction(Direction.MAXIMIZE)
        .pruner(Pruner.asha())
        .listener(new HtmlSearchReport())
        .build()
        .run(
            trial -> {
              Block network = network(trial.integer("model.width"));
              trial.closing(network::clear);
              return Trainer.builder(network, trial.args())
                  .trainDataset(Rings.points(1_000, 0.5, 1))
                  .evalDataset(Rings.points(500, 0.5, 2))
                  .computeMetrics(Metrics.accuracy())
                  .build();
            });
  }

  private static Block network(int width) {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(width).build())
        .add(Activation.reluBlock())
        .add(Linear.builder().setUnits(2).build());
  }
}
