// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.metrics.StreamingMetrics;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.Values;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model of several outputs, of which one is a scalar and one has a value for each of two experts: what is
 * one value a batch is joined over the batches, as Hugging Face's Trainer joins it.
 */
class ExtraOutputsTest {

  private static final List<Map<String, Object>> DATA = TinyData.list(10, 2);
  private static final int BATCH = 4; // 4, 4 and 2

  @TempDir Path folder;

  private final Experts model = new Experts(List.of());

  @AfterEach
  void close() {
    model.close();
  }

  /** Its logits are the first three features, its auxiliary loss is the sum of a batch's features. */
  private static final class Experts implements TrainableModel {
    private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
    private final NDArray scale = manager.ones(new Shape(1));
    private final List<String> ignored;

    Experts(List<String> ignored) {
      this.ignored = ignored;
      scale.setRequiresGradient(true);
    }

    @Override
    public ModelOutput forward(ModelInputs inputs, boolean training) {
      NDArray x = inputs.get("x");
      Map<String, NDArray> outputs = new LinkedHashMap<>();
      outputs.put("logits", x.get(":, :3").mul(scale));
      outputs.put("aux_loss", x.sum());
      outputs.put("load", x.get(":, :2").sum(new int[] {0}));
      outputs.put("hidden", x.mul(2));
      return ModelOutput.of(outputs);
    }

    @Override
    public List<NamedParameter> parameters() {
      return List.of(NamedParameter.of("scale", scale));
    }

    @Override
    public Map<String, NDArray> state() {
      return Map.of("scale", scale);
    }

    @Override
    public NDManager manager() {
      return manager;
    }

    @Override
    public List<String> keysToIgnoreAtInference() {
      return ignored;
    }

    @Override
    public void close() {
      manager.close();
    }
  }

  private Trainer.Builder builder() {
    return builder(model);
  }

  private Trainer.Builder builder(TrainableModel of) {
    return Trainer.builder(
            of,
            TrainingArguments.builder()
                .outputDir(folder)
                .perDeviceEvalBatchSize(BATCH)
                .perDeviceTrainBatchSize(BATCH)
                .saveStrategy(IntervalStrategy.NO)
                .build())
        .evalDataset(Datasets.of(DATA));
  }

  /** The sums over the batches of the first {@code features} features, by hand. */
  private static List<Double> sums(int from, int to) {
    List<Double> sums = new ArrayList<>();
    for (int start = 0; start < DATA.size(); start += BATCH) {
      double sum = 0;
      for (Map<String, Object> sample : DATA.subList(start, Math.min(start + BATCH, DATA.size()))) {
        for (int i = from; i < to; i++) {
          sum += ((float[]) sample.get("x"))[i];
        }
      }
      sums.add(sum);
    }
    return sums;
  }

  private static void assertClose(NDArray array, List<Double> expected) {
    List<Double> values = Values.of(array);
    assertThat(values).hasSameSizeAs(expected);
    for (int i = 0; i < values.size(); i++) {
      assertThat(values.get(i)).isCloseTo(expected.get(i), within(1e-5));
    }
  }

  @Test
  void areJoinedOverTheBatches() {
    try (Trainer trainer = builder().build();
        PredictionOutput output = trainer.predict(Datasets.of(DATA))) {
      assertThat(output.allPredictions().keySet())
          .containsExactly("logits", "aux_loss", "load", "hidden");
      assertThat(output.predictions().getShape()).isEqualTo(new Shape(10, 3));
      assertThat(output.allPredictions().get("hidden").getShape()).isEqualTo(new Shape(10, 6));
      assertThat(output.allPredictions().get("aux_loss").getShape()).isEqualTo(new Shape(3));
      assertClose(output.allPredictions().get("aux_loss"), sums(0, 6));
      List<Double> first = sums(0, 1);
      List<Double> second = sums(1, 2);
      assertClose(
          output.allPredictions().get("load"),
          List.of(
              first.get(0),
              second.get(0),
              first.get(1),
              second.get(1),
              first.get(2),
              second.get(2)));
    }
  }

  @Test
  void areSeenByMetricsOfEitherKind() {
    ComputeMetrics whole =
        prediction ->
            Map.of(
                "aux",
                (double) prediction.allPredictions().get("aux_loss").mean().getFloat(),
                "rows",
                (double) prediction.predictions().getShape().get(0));
    StreamingMetrics streaming =
        () ->
            new StreamingMetrics.Accumulator() {
              private double sum;
              private int batches;

              @Override
              public void add(EvalPrediction batch) {
                sum += batch.allPredictions().get("aux_loss").getFloat(0);
                batches++;
              }

              @Override
              public Map<String, Double> result() {
                return Map.of("aux", sum / batches);
              }
            };
    double expected = sums(0, 6).stream().mapToDouble(x -> x).average().orElseThrow();
    try (Trainer ofAll = builder().computeMetrics(whole).build();
        Trainer ofBatches = builder().computeMetrics(streaming).build()) {
      EvaluationOutput output = ofAll.evaluate();
      assertThat(output.metric("aux")).isCloseTo(expected, within(1e-5));
      assertThat(output.metric("rows")).isEqualTo(10);
      assertThat(ofBatches.evaluate().metric("aux")).isCloseTo(expected, within(1e-5));
    }
  }

  /** Two ranks have batches 0 and 2, and 1: what they give is in the order of the data. */
  @Test
  void areJoinedOverTheBatchesOfAllRanks() throws Exception {
    List<List<Double>> losses =
        InMemoryWorld.call(
            2,
            group -> {
              try (Experts own = new Experts(List.of("load"));
                  Trainer trainer = builder(own).processGroup(group).build();
                  PredictionOutput output = trainer.predict(Datasets.of(DATA))) {
                return Values.of(output.allPredictions().get("aux_loss"));
              }
            });
    for (List<Double> ofRank : losses) {
      assertThat(ofRank).hasSize(3);
      for (int i = 0; i < 3; i++) {
        assertThat(ofRank.get(i)).isCloseTo(sums(0, 6).get(i), within(1e-5));
      }
    }
  }

  @Test
  void areLeftOutByName() {
    Set<String> seen = new java.util.TreeSet<>();
    ComputeMetrics metrics =
        prediction -> {
          seen.addAll(prediction.allPredictions().keySet());
          return Map.of("one", 1.0);
        };
    try (Trainer trainer =
        builder().ignoreKeys(List.of("hidden", "load")).computeMetrics(metrics).build()) {
      trainer.evaluate();
      assertThat(seen).containsExactly("aux_loss", "logits");

      seen.clear();
      trainer.evaluate(Datasets.of(DATA), "eval", List.of("logits", "aux_loss"));
      assertThat(seen).containsExactly("hidden", "load");

      try (PredictionOutput all = trainer.predict(Datasets.of(DATA), "test", List.of());
          PredictionOutput few = trainer.predict(Datasets.of(DATA))) {
        assertThat(all.allPredictions()).hasSize(4);
        assertThat(few.allPredictions().keySet()).containsExactly("logits", "aux_loss");
      }
    }
  }

  @Test
  void areLeftOutWhereTheModelSaysSoAndNobodyElse() {
    try (Experts shy = new Experts(List.of("hidden", "past_key_values"));
        Trainer trainer = builder(shy).build();
        PredictionOutput output = trainer.predict(Datasets.of(DATA));
        PredictionOutput all = trainer.predict(Datasets.of(DATA), "test", List.of())) {
      assertThat(output.allPredictions().keySet()).containsExactly("logits", "aux_loss", "load");
      assertThat(all.allPredictions()).hasSize(4);
    }
  }

  @Test
  void thatTheModelDoesNotGiveCannotBeLeftOut() {
    try (Trainer trainer = builder().ignoreKeys(List.of("hiden")).build()) {
      assertThatThrownBy(() -> trainer.predict(Datasets.of(DATA)))
          .hasMessageContaining("ignoreKeys names 'hiden'")
          .hasMessageContaining("[logits, aux_loss, load, hidden]");
    }
  }

  @Test
  void areNotKeptBehindAFunctionOfTheLogits() {
    try (Trainer trainer =
            builder().preprocessLogitsForMetrics((logits, labels) -> logits.argMax(-1)).build();
        PredictionOutput output = trainer.predict(Datasets.of(DATA))) {
      assertThat(output.allPredictions().keySet()).containsExactly("logits");
      assertThat(output.predictions().getShape()).isEqualTo(new Shape(10));
    }
  }

  @Test
  void areSeenByAFunctionOfAllOutputsWhichSaysWhatIsKept() {
    Map<String, Shape> given = new TreeMap<>();
    try (Trainer trainer =
            builder()
                .ignoreKeys(List.of("load"))
                .preprocessOutputsForMetrics(
                    (outputs, labels) -> {
                      outputs.forEach((name, array) -> given.putIfAbsent(name, array.getShape()));
                      given.putIfAbsent("labels", labels.get("labels").getShape());
                      return Map.of("norm", outputs.get("hidden").square().sum(new int[] {1}));
                    })
                .build();
        PredictionOutput output = trainer.predict(Datasets.of(DATA))) {
      assertThat(given)
          .containsExactly(
              Map.entry("aux_loss", new Shape()),
              Map.entry("hidden", new Shape(4, 6)),
              Map.entry("labels", new Shape(4)),
              Map.entry("logits", new Shape(4, 3)));
      assertThat(output.allPredictions().keySet()).containsExactly("norm");
      assertThat(output.predictions().getShape()).isEqualTo(new Shape(10));
    }
  }

  @Test
  void takeOneFunctionOnlyAndItMustReturnSomething() {
    assertThatThrownBy(
            () ->
                builder()
                    .preprocessLogitsForMetrics((logits, labels) -> logits)
                    .preprocessOutputsForMetrics((outputs, labels) -> outputs)
                    .build())
        .hasMessageContaining("preprocessLogitsForMetrics")
        .hasMessageContaining("set one of them");
    try (Trainer trainer = builder().preprocessLogitsForMetrics((logits, labels) -> null).build()) {
      assertThatThrownBy(() -> trainer.predict(Datasets.of(DATA)))
          .hasMessageContaining("preprocessLogitsForMetrics returned null");
    }
  }
}
