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
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TinyData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Searches with trainers that train. */
class HyperparameterSearchTest {

  @TempDir Path folder;

  @Test
  void theBestRunIsTheOneWhoseLossIsTheLeastWhenItIsTrainedByHand() {
    Map<Double, Double> byHand = new LinkedHashMap<>();
    for (double rate : List.of(1e-4, 0.3, 1e-2)) {
      TrainingArguments one =
          args(folder).outputDir(folder.resolve("by-hand")).learningRate(rate).build();
      try (Trainer trainer = trainer(one).build()) {
        trainer.train();
        byHand.put(rate, trainer.evaluate().metric("loss"));
      }
    }
    long arrays = Natives.arrays();

    SearchResult result =
        grid(folder, 1e-4, 0.3, 1e-2).build().run(trial -> trainer(trial.args()).build());

    assertThat(Natives.arrays()).isEqualTo(arrays);
    assertThat(result.trials().stream().map(trial -> trial.objectives().get(0)))
        .containsExactlyElementsOf(byHand.values());
    BestRun best = result.best().orElseThrow();
    assertThat(best.runId()).isEqualTo("run-1");
    assertThat(best.hyperparameters()).isEqualTo(Map.of("learning_rate", 0.3));
    assertThat(best.objective())
        .isEqualTo(byHand.get(0.3))
        .isEqualTo(best.summary().get("eval_loss"));
    assertThat(result.table())
        .matches(
            "trial  state      objective +learning_rate\n"
                + "run-1  completed  0\\.\\d+ +0\\.3\n"
                + "run-2  completed  1\\.\\d+ +0\\.01\n"
                + "run-0  completed  1\\.\\d+ +1\\.0E-4\n");
  }

  @Test
  void aTrainerThatMakesItsModelSearchesByItself() {
    try (Trainer trainer =
        trainer(args(folder).seed(3).build()).computeMetrics(Metrics.accuracy()).build()) {
      BestRun best =
          trainer.hyperparameterSearch(
              SearchSpace.builder().logUniform("learning_rate", 1e-5, 1).build(),
              3,
              Direction.MAXIMIZE);
      // The sum of the metrics, of which there is one.
      assertThat(best.objective()).isEqualTo(best.summary().get("eval_accuracy"));
      SearchResult all =
          HyperparameterSearch.builder(
                  trainer.args(),
                  SearchSpace.builder().logUniform("learning_rate", 1e-5, 1).build())
              .trials(3)
              .direction(Direction.MAXIMIZE)
              .build()
              .run(trial -> trainer(trial.args()).build());
      assertThat(all.trials().stream().mapToDouble(trial -> trial.objectives().get(0)).max())
          .hasValue(best.objective());
    }
  }

  @Test
  void namesOfTheModelReachWhatMakesIt() {
    List<Integer> classes = new ArrayList<>();
    SearchSpace space =
        SearchSpace.builder().choice("model.classes", 3, 5).choice("seed", 1, 2).build();
    SearchResult result =
        HyperparameterSearch.builder(args(folder).build(), space)
            .algorithm(SearchAlgorithm.GRID)
            .build()
            .run(
                trial -> {
                  classes.add(trial.integer("model.classes"));
                  assertThatThrownBy(() -> trial.text("model.classes"))
                      .hasMessageContaining(
                          "'model.classes' is " + classes.get(classes.size() - 1));
                  assertThatThrownBy(() -> trial.number("model.size"))
                      .hasMessageContaining("'model.size' is not in the space");
                  TrainableModel model = trial.closing(linear(trial.integer("model.classes")));
                  assertThat(trial.args().seed()).isEqualTo(trial.integer("seed"));
                  return Trainer.builder(model, trial.args())
                      .trainDataset(TinyData.points(40, 1))
                      .evalDataset(TinyData.points(30, 2))
                      .build();
                });
    assertThat(classes).containsExactly(3, 3, 5, 5);
    assertThat(result.trials()).allMatch(trial -> trial.state() == TrialState.COMPLETED);
  }

  @Test
  void aTrialThatFailsIsRecordedAndTheOthersAreTrained() throws IOException {
    SearchResult result =
        grid(folder, 0.1, 1e38, 0.2)
            .build()
            .run(
                trial -> {
                  if (trial.number() == 2) {
                    throw new OutOfMemoryError("Java heap space");
                  }
                  return trainer(trial.args()).build();
                });
    assertThat(result.trials().stream().map(TrialRecord::state))
        .containsExactly(TrialState.COMPLETED, TrialState.FAILED, TrialState.FAILED);
    assertThat(result.trials().get(1).error()).contains("NonFiniteLossException");
    assertThat(result.trials().get(2).error()).contains("Java heap space");
    assertThat(result.best().map(BestRun::runId)).contains("run-0");
    assertThat(Files.readString(folder.resolve("search.jsonl")))
        .contains("\"state\":\"failed\"")
        .contains("Java heap space");
    SearchResult again = grid(folder, 0.1, 1e38, 0.2).build().run(trial -> fail());
    assertThat(again).isEqualTo(result);
  }

  @Test
  void trialsThatFallBehindArePruned() {
    TrainingArguments evaluated =
        args(folder).maxSteps(9).evalStrategy(IntervalStrategy.STEPS).evalSteps(1).build();
    SearchResult result =
        HyperparameterSearch.builder(evaluated, rates(0.01, 0.005, 1e-5, 0.1))
            .algorithm(SearchAlgorithm.GRID)
            .pruner(Pruner.asha(1, 9))
            .build()
            .run(trial -> trainer(trial.args()).build());
    assertThat(result.trials().stream().map(TrialRecord::state))
        .containsExactly(
            TrialState.COMPLETED, TrialState.PRUNED, TrialState.PRUNED, TrialState.COMPLETED);
    assertThat(result.trials().get(2).evaluations()).hasSize(1);
    assertThat(result.trials().get(2).objectives())
        .isEqualTo(result.trials().get(2).evaluations().get(0).objectives());
    assertThat(result.trials().get(3).evaluations()).hasSize(9);
    assertThat(result.table().lines().skip(1).findFirst().orElseThrow()).startsWith("run-3");
  }

  @Test
  void severalDataSetsAreOneEvaluationWithAnObjectiveOfTheirOwn() {
    TrainingArguments evaluated =
        args(folder).evalStrategy(IntervalStrategy.STEPS).evalSteps(2).build();
    List<Long> steps = new ArrayList<>();
    SearchResult result =
        HyperparameterSearch.builder(evaluated, rates(0.1))
            .trials(1)
            .objective(metrics -> metrics.get("eval_a_loss") + metrics.get("eval_b_loss"))
            .listener(
                new SearchListener() {
                  @Override
                  public void onTrialEvaluate(Trial trial, TrialEvaluation evaluation) {
                    steps.add(evaluation.step());
                  }
                })
            .build()
            .run(
                trial ->
                    Trainer.builder(SearchRuns::linear, trial.args())
                        .trainDataset(TinyData.points(40, 1))
                        .evalDatasets(
                            Map.of("a", TinyData.points(9, 2), "b", TinyData.points(9, 3)))
                        .build());
    assertThat(steps).containsExactly(2L, 4L);
    Map<String, Double> metrics = result.trials().get(0).metrics();
    assertThat(result.trials().get(0).objectives())
        .containsExactly(metrics.get("eval_a_loss") + metrics.get("eval_b_loss"));
  }

  @Test
  void theBestModelOfATrialCountsWhereItIsPutBack() {
    TrainingArguments best =
        args(folder)
            .maxSteps(12)
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(1)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(1)
            .lrSchedulerType(SchedulerType.CONSTANT)
            .loadBestModelAtEnd(true)
            .build();
    SearchResult result =
        HyperparameterSearch.builder(best, rates(1.0))
            .trials(1)
            .build()
            .run(trial -> trainer(trial.args()).build());
    TrialRecord trial = result.trials().get(0);
    double least =
        trial.evaluations().stream()
            .mapToDouble(each -> each.objectives().get(0))
            .min()
            .orElseThrow();
    assertThat(trial.objectives()).containsExactly(least);
    assertThat(trial.evaluations().get(11).objectives().get(0)).isGreaterThan(least);
  }

  @Test
  void withSeveralDirectionsTheRunsThatNoneSurpassesAreTheBest() {
    Function<Map<String, Double>, List<Double>> both =
        metrics -> List.of(metrics.get("eval_loss"), metrics.get("eval_accuracy"));
    SearchResult result =
        HyperparameterSearch.builder(args(folder).build(), rates(1e-6, 0.05, 0.3))
            .objectives(List.of(Direction.MINIMIZE, Direction.MAXIMIZE), both)
            .algorithm(SearchAlgorithm.GRID)
            .build()
            .run(trial -> trainer(trial.args()).computeMetrics(Metrics.accuracy()).build());
    List<BestRun> best = result.bestRuns();
    assertThat(best).isNotEmpty().hasSizeLessThan(3);
    assertThat(best)
        .allSatisfy(
            run ->
                assertThat(result.trials())
                    .noneMatch(
                        other ->
                            other.objectives().get(0) < run.objectives().get(0)
                                && other.objectives().get(1) > run.objectives().get(1)));
    assertThatThrownBy(result::best).hasMessageContaining("see bestRuns()");
    assertThat(result.table()).contains("objective 1  ").contains("objective 2  ");
  }

  @Test
  void aStopEndsTheSearchWhichGoesOnLater() {
    TrainingArguments saved =
        args(folder).saveStrategy(IntervalStrategy.STEPS).saveSteps(1).maxSteps(5).build();
    HyperparameterSearch search =
        HyperparameterSearch.builder(saved, rates(0.1, 0.2))
            .algorithm(SearchAlgorithm.GRID)
            .build();
    assertThatThrownBy(() -> search.run(trial -> stopping(trial, trial.number() == 1)))
        .isInstanceOf(SearchInterruptedException.class)
        .hasMessage(
            "the search was stopped in run-1 (requested); run it again with the same arguments, and it goes on"
                + " from there");
    SearchResult result = search.run(trial -> stopping(trial, false));
    SearchResult whole =
        HyperparameterSearch.builder(
                saved.toBuilder().outputDir(folder.resolve("whole")).build(), rates(0.1, 0.2))
            .algorithm(SearchAlgorithm.GRID)
            .build()
            .run(trial -> stopping(trial, false));
    assertThat(result.trials().stream().map(TrialRecord::objectives))
        .containsExactlyElementsOf(whole.trials().stream().map(TrialRecord::objectives).toList());
  }

  private static Trainer stopping(Trial trial, boolean stops) {
    Trainer[] trainer = new Trainer[1];
    trainer[0] =
        trainer(trial.args())
            .callback(
                new TrainerCallback() {
                  @Override
                  public void onStepEnd(
                      CallbackContext ctx, TrainerState state, TrainerControl control) {
                    if (stops && state.globalStep() == 2) {
                      trainer[0].requestStop();
                    }
                  }
                })
            .build();
    return trainer[0];
  }

  @Test
  void moreTrialsGoOnWhereASearchEnded() {
    SearchSpace space = SearchSpace.builder().logUniform("learning_rate", 1e-3, 1).build();
    List<String> trained = new ArrayList<>();
    Function<Trial, Trainer> trainers =
        trial -> {
          trained.add(trial.runId());
          return trainer(trial.args()).build();
        };
    HyperparameterSearch.builder(args(folder).build(), space).trials(2).build().run(trainers);
    SearchResult four =
        HyperparameterSearch.builder(args(folder).build(), space).trials(4).build().run(trainers);
    assertThat(trained).containsExactly("run-0", "run-1", "run-2", "run-3");
    assertThat(four.trials()).hasSize(4);
  }
}
