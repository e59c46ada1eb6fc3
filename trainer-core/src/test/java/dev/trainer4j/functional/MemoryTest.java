// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lives outside of the Java heap does not grow, however long a run is. */
class MemoryTest {

  /** From one measurement to the next. That no array is kept is counted; this is for the rest. */
  private static final long RISE_KIB = 6 * 1024;

  @TempDir Path outputDir;

  private TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .perDeviceTrainBatchSize(8)
        .perDeviceEvalBatchSize(16)
        .learningRate(0.001)
        .saveStrategy(IntervalStrategy.NO);
  }

  private static Trainer.Builder builder(TinyModel model, TrainingArguments args) {
    return Trainer.builder(model.model(), args)
        .trainDataset(TinyData.points(256, 1))
        .evalDataset(TinyData.points(64, 2));
  }

  /** Measures every so many updates. */
  private static final class Meter implements TrainerCallback {
    private final long every;
    private final List<Long> arrays = new ArrayList<>();
    private final List<Long> residentKib = new ArrayList<>();

    Meter(long every) {
      this.every = every;
    }

    @Override
    public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() > 0 && state.globalStep() % every == 0) {
        measure();
      }
    }

    void measure() {
      try {
        // Buffers of batches wait for the collector; they are not what is looked for.
        System.gc();
        arrays.add(Natives.arrays());
        Natives.residentKib().ifPresent(residentKib::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void assertFlat() {
      assertThat(arrays).hasSizeGreaterThan(2);
      assertThat(arrays).containsOnly(arrays.get(0));
      if (!residentKib.isEmpty()) {
        // A leak lifts every measurement over the one before. What the JVM's compilers or a save
        // need once, and
        // the heap then keeps, lifts one of them.
        List<Long> rises =
            IntStream.range(1, residentKib.size())
                .mapToObj(i -> residentKib.get(i) - residentKib.get(i - 1))
                .toList();
        assertThat(lowerQuartile(rises))
            .as("resident size in KiB over the run: %s", residentKib)
            .isLessThan(RISE_KIB);
      }
    }

    private static long lowerQuartile(List<Long> values) {
      return values.stream().sorted().skip(values.size() / 4).findFirst().orElseThrow();
    }
  }

  @Test
  void staysFlatOver5000UpdatesWithEvaluations() {
    Meter meter = new Meter(490);
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            builder(
                    model,
                    args()
                        .maxSteps(5000)
                        .evalStrategy(IntervalStrategy.STEPS)
                        .evalSteps(250)
                        .dataloaderNumWorkers(0)
                        .build())
                .computeMetrics(Metrics.accuracy())
                .callback(meter)
                .build()) {
      assertThat(trainer.train().globalStep()).isEqualTo(5000);
      meter.assertFlat();
    }
  }

  @Test
  void staysFlatWhenUpdatesRunInPhases() {
    Meter meter = new Meter(90);
    TrainerCallback watching =
        new TrainerCallback() {
          @Override
          public void onOptimizerStep(
              CallbackContext ctx, TrainerState state, TrainerControl control) {}
        };
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            builder(model, args().maxSteps(500).dataloaderNumWorkers(0).build())
                .callback(meter)
                .callback(watching)
                .build()) {
      trainer.train();
      meter.assertFlat();
    }
  }

  @Test
  void staysFlatOver200EvaluationsAndPredictions() {
    Meter meter = new Meter(1);
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            builder(model, args().build())
                .computeMetrics(
                    prediction ->
                        java.util.Map.of(
                            "mean",
                            (double) prediction.predictions().softmax(-1).mean().getFloat()))
                .build()) {
      for (int i = 0; i < 200; i++) {
        trainer.evaluate();
        trainer.predict(TinyData.points(16, 3)).close();
        if (i % 40 == 39) {
          meter.measure();
        }
      }
      meter.assertFlat();
    }
  }

  @Test
  void staysFlatOver50Checkpoints() {
    Meter meter = new Meter(9);
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            builder(
                    model,
                    args()
                        .maxSteps(50)
                        .saveStrategy(IntervalStrategy.STEPS)
                        .saveSteps(1)
                        .saveTotalLimit(1)
                        .dataloaderNumWorkers(0)
                        .build())
                .callback(meter)
                .build()) {
      trainer.train();
      meter.assertFlat();
    }
  }

  @Test
  void everyTrainerTakesBackWhatItMade() {
    long before = Natives.arrays();
    for (int i = 0; i < 5; i++) {
      try (TinyModel model = new TinyModel(1, 0.3f);
          Trainer trainer = builder(model, args().maxSteps(3).build()).build()) {
        trainer.train();
        trainer.evaluate();
        trainer.predict(TinyData.points(16, 3));
      }
    }
    assertThat(Natives.arrays()).isEqualTo(before);
  }
}
