// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import static dev.trainer4j.search.SearchRuns.args;
import static dev.trainer4j.search.SearchRuns.fail;
import static dev.trainer4j.search.SearchRuns.grid;
import static dev.trainer4j.search.SearchRuns.linear;
import static dev.trainer4j.search.SearchRuns.rates;
import static dev.trainer4j.search.SearchRuns.trainer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.testing.TinyData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Searches that cannot begin, or cannot go on, say why. */
class RefusedSearchTest {

  @TempDir Path folder;

  @Test
  void aTrainerThatCannotBeMadeAgainSaysWhatToDo() {
    SearchSpace space = rates(0.1);
    class Own extends Trainer {
      Own(Trainer.Builder builder) {
        super(builder);
      }
    }
    try (Trainer own = new Own(trainer(args(folder).build()));
        Trainer watched = trainer(args(folder).build()).callback(new TrainerCallback() {}).build();
        Trainer plain = trainer(args(folder).build()).build();
        TrainableModel model = linear();
        Trainer given =
            Trainer.builder(model, args(folder).build())
                .evalDataset(TinyData.points(3, 1))
                .build()) {
      assertThatThrownBy(() -> own.hyperparameterSearch(space, 2, Direction.MINIMIZE))
          .hasMessageContaining(
              "Own cannot be made again from here; search with HyperparameterSearch");
      assertThatThrownBy(() -> watched.hyperparameterSearch(space, 2, Direction.MINIMIZE))
          .hasMessageContaining("the callbacks of this trainer would see all trials as one run");
      assertThatThrownBy(() -> given.hyperparameterSearch(space, 2, Direction.MINIMIZE))
          .hasMessageContaining("give it what makes one, Trainer.builder(() -> model, args)");
      SearchSpace ofModel = SearchSpace.builder().uniform("model.dropout", 0, 1).build();
      assertThatThrownBy(() -> plain.hyperparameterSearch(ofModel, 2, Direction.MINIMIZE))
          .hasMessageContaining("which modelInit of this trainer does not see");
    }
  }

  @Test
  void aSearchOfWhichAllTrialsFailSaysWhy() {
    HyperparameterSearch search = grid(folder, 0.1, 0.2).build();
    assertThatThrownBy(
            () ->
                search.run(
                    trial -> {
                      throw new IllegalStateException("no data");
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(
            "all 2 trials failed, the first one with: java.lang.IllegalStateException: no data")
        .hasRootCauseMessage("no data");
  }

  @Test
  void whatCannotBeSearchedIsToldBeforeTheFirstTrial() {
    SearchSpace space =
        SearchSpace.builder()
            .uniform("learningRate", 0, 1)
            .uniform("per_device_train_batch_size", 1, 8)
            .uniform("weight_decay", -1, 1)
            .choice("optim", "adam_w")
            .choice("output_dir", "a")
            .choice("hub_model_id", "a")
            .uniform("dropout", 0, 1)
            .build();
    HyperparameterSearchBuilder builder =
        HyperparameterSearch.builder(args(folder).pushToHub(false).build(), space)
            .trials(0)
            .pruner(Pruner.asha())
            .objectives(List.of(Direction.MINIMIZE, Direction.MINIMIZE), metrics -> List.of());
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "learningRate: no training argument is called so in a space, which has it as learning_rate;")
        .hasMessageContaining(
            "per_device_train_batch_size = 3.6737620787507357: expected a whole number")
        .hasMessageContaining("weight_decay = -1: expected a number of at least 0")
        .hasMessageContaining("optim = adam_w: expected one of")
        .hasMessageContaining("output_dir: says nothing about how a model is trained")
        .hasMessageContaining("hub_model_id: says nothing about how a model is trained")
        .hasMessageContaining("dropout: no training argument is called so; names of your own")
        .hasMessageContaining("trials: 0, expected")
        .hasMessageContaining("TPE and pruning follow a single one")
        .hasMessageContaining("asha(1, 3) ends trials at evaluations, and evalStrategy is NO");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void anObjectiveThatTheEvaluationDoesNotHaveEndsTheSearchAtOnce() {
    HyperparameterSearch search = grid(folder, 0.1, 0.2).objective("f1").build();
    assertThatThrownBy(() -> search.run(trial -> trainer(trial.args()).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the objective is 'f1', and the evaluation has [eval_loss, ");
    TrainingArguments evaluated = args(folder).evalStrategy(IntervalStrategy.EPOCH).build();
    HyperparameterSearch inTraining =
        HyperparameterSearch.builder(
                evaluated.toBuilder().outputDir(folder.resolve("b")).build(), rates(0.1, 0.2))
            .objective("f1")
            .build();
    assertThatThrownBy(() -> inTraining.run(trial -> trainer(trial.args()).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the objective is 'f1'");
  }

  @Test
  void aFolderOfAnotherSearchIsRefused() {
    grid(folder, 0.1).build().run(trial -> trainer(trial.args()).build());
    assertThatThrownBy(() -> grid(folder, 0.1, 0.2).build().run(trial -> fail()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("search.jsonl is of a search with space {")
        .hasMessageContaining("search in another outputDir");
    assertThatThrownBy(() -> grid(folder, 0.1).seed(7).build().run(trial -> fail()))
        .hasMessageContaining("is of a search with seed 42, and this one has 7");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "2; {\"event\":\"begin\",\"trial\":1,\"hyperparameters\":{\"learning_rate\":0.1}}; line 2: trial is 1",
        "2; {\"event\":\"end\",\"trial\":0}; line 2: event is \"end\", expected begin",
        "2; {\"event\":\"begin\",\"trial\":0,\"hyperparameters\":{\"learning_rate\":0.7}}; a value of the space",
        "2; {\"event\":\"begin\",\"trial\":0,\"hyperparameters\":{}}; expected values of [learning_rate]",
        "3; {\"event\":\"end\",\"trial\":0,\"state\":\"good\"}; expected completed, pruned or failed",
        "2; no JSON; line 2 is not valid JSON"
      })
  void aDamagedFileIsRefusedByItsLine(int number, String line, String expected) throws IOException {
    grid(folder, 0.1).build().run(trial -> trainer(trial.args()).build());
    Path file = folder.resolve("search.jsonl");
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.set(number - 1, line);
    Files.write(file, lines);
    assertThatThrownBy(() -> grid(folder, 0.1).build().run(trial -> fail()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(expected);
  }

  @Test
  void aTrainerOfOtherArgumentsIsRefused() {
    assertThatThrownBy(
            () -> grid(folder, 0.1).build().run(trial -> trainer(args(folder).build()).build()))
        .hasMessageContaining("make it with trial.args()");
  }

  @Test
  void aFolderHasOneSearchAtATime() {
    HyperparameterSearch search = grid(folder, 0.1).build();
    assertThatThrownBy(
            () ->
                search.run(
                    trial -> {
                      grid(folder, 0.1).build().run(inner -> fail());
                      return fail();
                    }))
        .hasMessageContaining("another run in this JVM");
  }
}
