// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.TestRun;
import dev.trainer4j.testing.TestRun.Outcome;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a callback or a hook evaluates for itself leaves what the run has due alone. */
class CallbackEvaluationTest {

  private static final Dataset<Map<String, Object>> OTHER = TinyData.points(6, 9);

  @TempDir Path folder;

  private static void logEvaluateAndSaveEveryThird(TrainingArguments.Builder args) {
    args.loggingSteps(3)
        .evalStrategy(IntervalStrategy.STEPS)
        .evalSteps(3)
        .saveStrategy(IntervalStrategy.STEPS)
        .saveSteps(3)
        .metricForBestModel("loss");
  }

  private TestRun run(String name) {
    return TestRun.into(folder.resolve(name))
        .args(CallbackEvaluationTest::logEvaluateAndSaveEveryThird);
  }

  private static List<LogEntry> withoutProbes(Outcome outcome) {
    return outcome.timelessLog().stream()
        .filter(line -> line.values().keySet().stream().noneMatch(key -> key.startsWith("probe")))
        .toList();
  }

  /** Evaluates in each event that comes between a request and its service. */
  private static final class Probing implements TrainerCallback {
    private final List<Double> losses = new ArrayList<>();

    private void probe(CallbackContext ctx) {
      losses.add(ctx.evaluate(OTHER, "probe").get("probe_loss"));
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      probe(ctx);
    }

    @Override
    public void onPreLog(CallbackContext ctx, TrainerState state, TrainerControl control) {
      probe(ctx);
    }

    @Override
    public void onLog(
        CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
      if (logs.value("loss").isPresent()) {
        probe(ctx);
      }
    }

    @Override
    public void onEpochEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      probe(ctx);
    }
  }

  @Test
  void theRunLogsEvaluatesAndSavesAsIfNobodyHad() {
    Outcome plain = run("plain").train();
    Probing probing = new Probing();

    Outcome probed = run("probed").callback(probing).train();

    assertThat(plain.log()).filteredOn(line -> line.value("eval_loss").isPresent()).hasSize(3);
    assertThat(withoutProbes(probed)).isEqualTo(plain.timelessLog());
    assertThat(probed.weights()).isEqualTo(plain.weights());
    assertThat(probing.losses).hasSize(9 + 3 + 3 + 3).doesNotContainNull();
    assertThat(folder.resolve("probed/checkpoint-9")).isDirectory();
  }

  @Test
  void theBestModelIsThatOfTheRunsOwnEvaluations() {
    try (TinyModel model = new TinyModel(1, 0.3f)) {
      List<Trainer> self = new ArrayList<>();
      TrainerCallback evaluator =
          new TrainerCallback() {
            @Override
            public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
              self.get(0).evaluate(OTHER); // Under the names of the run's own.
            }
          };
      try (Trainer trainer = run("best").callback(evaluator).trainer(model)) {
        self.add(trainer);
        trainer.train();

        assertThat(trainer.state().bestGlobalStep()).isNotNull();
        assertThat(trainer.state().logHistory())
            .filteredOn(line -> line.value("eval_loss").isPresent())
            .hasSize(9 + 3);
      }
    }
  }

  @Test
  void aHookThatEvaluatesWhileALineIsLoggedDoesSoToo() {
    final class Perplexed extends Trainer {
      Perplexed(Trainer.Builder builder) {
        super(builder);
      }

      @Override
      protected void log(LogEntry entry) {
        super.log(entry);
        if (entry.value("loss").isPresent()) {
          evaluate(OTHER, "probe");
        }
      }
    }
    TrainingArguments.Builder args =
        TrainingArguments.builder().outputDir(folder).maxSteps(6).perDeviceTrainBatchSize(4);
    logEvaluateAndSaveEveryThird(args);
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            new Perplexed(
                Trainer.builder(model.model(), args.build())
                    .trainDataset(TinyData.points(22, 1))
                    .evalDataset(TinyData.points(10, 2)))) {
      trainer.train();

      assertThat(trainer.state().logHistory().stream().map(CallbackEvaluationTest::kind))
          .containsExactly(
              "loss",
              "probe_loss",
              "eval_loss",
              "loss",
              "probe_loss",
              "eval_loss",
              "train_runtime");
    }
  }

  private static String kind(LogEntry line) {
    return line.values().keySet().iterator().next();
  }

  @Test
  void everyCallbackSeesWhoseEvaluationItIs() {
    Map<String, Boolean> servesRun = new LinkedHashMap<>();
    TrainerCallback watcher =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            ctx.evaluate(OTHER, "probe");
          }

          @Override
          public void onEvaluate(
              CallbackContext ctx,
              TrainerState state,
              TrainerControl control,
              Map<String, Double> metrics) {
            String first = metrics.keySet().iterator().next();
            servesRun.put(first, control.isServingEvaluation());
            if (first.equals("eval_loss")) {
              ctx.evaluate(OTHER, "nested");
            }
          }
        };

    run("watched").callback(watcher).train().result();

    assertThat(servesRun)
        .containsExactly(
            Map.entry("probe_loss", false),
            Map.entry("eval_loss", true),
            Map.entry("nested_loss", false));
  }

  @Test
  void anEvaluationWithinAnotherLeavesTheOthersDataInSight() {
    List<Optional<Long>> samples = new ArrayList<>();
    TrainerCallback nesting =
        new TrainerCallback() {
          private boolean nested;

          @Override
          public void onPredictionStep(
              CallbackContext ctx, TrainerState state, TrainerControl control) {
            samples.add(ctx.evalDataLoader().map(DataLoader::sampleCount).map(n -> n.orElse(-1)));
            if (!nested) {
              nested = true;
              ctx.evaluate(OTHER, "probe");
              samples.add(ctx.evalDataLoader().map(DataLoader::sampleCount).map(n -> n.orElse(-1)));
            }
          }
        };
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer = run("nested").callback(nesting).trainer(model)) {
      trainer.evaluate();

      // Batches of 8: one of ten, the one of six within it, and the other one of ten.
      assertThat(samples)
          .containsExactly(Optional.of(10L), Optional.of(6L), Optional.of(10L), Optional.of(10L));
    }
  }

  /** A loss that needs no labels is taken in evaluations, and not in predictions. */
  @Test
  void anEvaluationWithinAPredictionHasALossAndThePredictionHasNone() {
    Dataset<Map<String, Object>> unlabelled =
        Datasets.of(TinyData.list(10, 2).stream().map(s -> Map.of("x", s.get("x"))).toList());
    List<Map<String, Double>> nested = new ArrayList<>();
    AtomicReference<Trainer> self = new AtomicReference<>();
    TrainerCallback nesting =
        new TrainerCallback() {
          private boolean within;

          @Override
          public void onPredictionStep(
              CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (!within) {
              within = true;
              nested.add(ctx.evaluate(unlabelled, "probe"));
              try (PredictionOutput output = self.get().predict(unlabelled)) {
                nested.add(output.metrics());
              }
            }
          }
        };
    TrainingArguments args = TrainingArguments.builder().outputDir(folder).build();
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            Trainer.builder(model.model(), args)
                .computeLossFunc(
                    (outputs, inputs) -> LossOutput.mean(outputs.logits().square().mean()))
                .callback(nesting)
                .build()) {
      self.set(trainer);
      try (PredictionOutput output = trainer.predict(unlabelled)) { // Two batches, of 8 and 2.
        assertThat(output.metrics()).doesNotContainKey("test_loss");
      }
      assertThat(nested.get(0)).containsKey("probe_loss");
      assertThat(nested.get(1)).doesNotContainKey("test_loss");
    }
  }

  @Test
  void theNamesOfTheRunsOwnMetricsAreRefused() {
    for (String prefix : new String[] {"", "eval", "eval_other"}) {
      TrainerCallback wrong =
          new TrainerCallback() {
            @Override
            public void onTrainBegin(
                CallbackContext ctx, TrainerState state, TrainerControl control) {
              ctx.evaluate(OTHER, prefix);
            }
          };
      assertThat(run("refused").callback(wrong).train().failure())
          .hasMessageContaining("metricKeyPrefix is '" + prefix + "'")
          .hasMessageContaining("requestEvaluate");
    }
  }
}
