// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TestDevice;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Searches with trainers that train. */
class HyperparameterSearchTest {

  @TempDir Path folder;

  private TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(folder)
        .maxSteps(4)
        .perDeviceTrainBatchSize(8)
        .saveStrategy(IntervalStrategy.NO);
  }

  private static TrainableModel linear() {
    return linear(TinyData.CLASSES);
  }

  private static TrainableModel linear(int classes) {
    NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
    NDArray weight = manager.zeros(new Shape(TinyData.FEATURES, classes));
    return FunctionModel.builder(
            manager, (inputs, training) -> ModelOutput.logits(inputs.get("x").matMul(weight)))
        .parameters(Map.of("weight", weight))
        .closesManager()
        .build();
  }

  private static Trainer.Builder trainer(TrainingArguments args) {
    return Trainer.builder(HyperparameterSearchTest::linear, args)
        .trainDataset(TinyData.points(40, 1))
        .evalDataset(TinyData.points(30, 2));
  }

  private static SearchSpace rates(Object... values) {
    return SearchSpace.builder().choice("learning_rate", values).build();
  }

  private HyperparameterSearchBuilder grid(Object... rates) {
    return HyperparameterSearch.builder(args().build(), rates(rates))
        .algorithm(SearchAlgorithm.GRID);
  }

  @Test
  void theBestRunIsTheOneWhoseLossIsTheLeastWhenItIsTrainedByHand() {
    Map<Double, Double> byHand = new LinkedHashMap<>();
    for (double rate : List.of(1e-4, 0.3, 1e-2)) {
      TrainingArguments one =
          args().outputDir(folder.resolve("by-hand")).learningRate(rate).build();
      try (Trainer trainer = trainer(one).build()) {
        trainer.train();
        byHand.put(rate, trainer.evaluate().metric("loss"));
      }
    }
    long arrays = Natives.arrays();

    SearchResult result = grid(1e-4, 0.3, 1e-2).build().run(trial -> trainer(trial.args()).build());

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
        trainer(args().seed(3).build()).computeMetrics(Metrics.accuracy()).build()) {
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
  void aTrainerThatCannotBeMadeAgainSaysWhatToDo() {
    SearchSpace space = rates(0.1);
    class Own extends Trainer {
      Own(Trainer.Builder builder) {
        super(builder);
      }
    }
    try (Trainer own = new Own(trainer(args().build()));
        Trainer watched = trainer(args().build()).callback(new TrainerCallback() {}).build();
        Trainer plain = trainer(args().build()).build();
        TrainableModel model = linear();
        Trainer given =
            Trainer.builder(model, args().build()).evalDataset(TinyData.points(3, 1)).build()) {
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
  void namesOfTheModelReachWhatMakesIt() {
    List<Integer> classes = new ArrayList<>();
    SearchSpace space =
        SearchSpace.builder().choice("model.classes", 3, 5).choice("seed", 1, 2).build();
    SearchResult result =
        HyperparameterSearch.builder(args().build(), space)
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
        grid(0.1, 1e38, 0.2)
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
    SearchResult again = grid(0.1, 1e38, 0.2).build().run(trial -> fail());
    assertThat(again).isEqualTo(result);
  }

  private static Trainer fail() {
    throw new AssertionError("a trial is trained again");
  }

  @Test
  void aSearchOfWhichAllTrialsFailSaysWhy() {
    HyperparameterSearch search = grid(0.1, 0.2).build();
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
  void trialsThatFallBehindArePruned() {
    TrainingArguments evaluated =
        args().maxSteps(9).evalStrategy(IntervalStrategy.STEPS).evalSteps(1).build();
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
    TrainingArguments evaluated = args().evalStrategy(IntervalStrategy.STEPS).evalSteps(2).build();
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
                    Trainer.builder(HyperparameterSearchTest::linear, trial.args())
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
        args()
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
        HyperparameterSearch.builder(args().build(), rates(1e-6, 0.05, 0.3))
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
        HyperparameterSearch.builder(args().pushToHub(false).build(), space)
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
    HyperparameterSearch search = grid(0.1, 0.2).objective("f1").build();
    assertThatThrownBy(() -> search.run(trial -> trainer(trial.args()).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the objective is 'f1', and the evaluation has [eval_loss, ");
    TrainingArguments evaluated = args().evalStrategy(IntervalStrategy.EPOCH).build();
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
  void aStopEndsTheSearchWhichGoesOnLater() {
    TrainingArguments saved =
        args().saveStrategy(IntervalStrategy.STEPS).saveSteps(1).maxSteps(5).build();
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
  void aFolderOfAnotherSearchIsRefused() {
    grid(0.1).build().run(trial -> trainer(trial.args()).build());
    assertThatThrownBy(() -> grid(0.1, 0.2).build().run(trial -> fail()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("search.jsonl is of a search with space {")
        .hasMessageContaining("search in another outputDir");
    assertThatThrownBy(() -> grid(0.1).seed(7).build().run(trial -> fail()))
        .hasMessageContaining("is of a search with seed 42, and this one has 7");
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
    HyperparameterSearch.builder(args().build(), space).trials(2).build().run(trainers);
    SearchResult four =
        HyperparameterSearch.builder(args().build(), space).trials(4).build().run(trainers);
    assertThat(trained).containsExactly("run-0", "run-1", "run-2", "run-3");
    assertThat(four.trials()).hasSize(4);
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
    grid(0.1).build().run(trial -> trainer(trial.args()).build());
    Path file = folder.resolve("search.jsonl");
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.set(number - 1, line);
    Files.write(file, lines);
    assertThatThrownBy(() -> grid(0.1).build().run(trial -> fail()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(expected);
  }

  @Test
  void aTrainerOfOtherArgumentsIsRefused() {
    assertThatThrownBy(() -> grid(0.1).build().run(trial -> trainer(args().build()).build()))
        .hasMessageContaining("make it with trial.args()");
  }

  @Test
  void aFolderHasOneSearchAtATime() {
    HyperparameterSearch search = grid(0.1).build();
    assertThatThrownBy(
            () ->
                search.run(
                    trial -> {
                      grid(0.1).build().run(inner -> fail());
                      return fail();
                    }))
        .hasMessageContaining("another run in this JVM");
  }
}
