// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import ai.djl.modality.nlp.DefaultVocabulary;
import ai.djl.modality.nlp.embedding.TrainableWordEmbedding;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.LogEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThroughputCallbackTest {

  private final Path dir;

  ThroughputCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private List<LogEntry> run(ThroughputCallback callback, int loggingSteps) throws IOException {
    TrainingArguments args = GoldenTask.args(dir).maxSteps(4).loggingSteps(loggingSteps).build();
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(args).callback(callback).build()) {
      trainer.train();
      List<LogEntry> lines = trainer.state().logHistory();
      return lines.subList(0, lines.size() - 1);
    }
  }

  private static double value(LogEntry line, String name) {
    return line.value(name).orElseThrow();
  }

  @Test
  void countsTheModelsOperationsFromParametersAndSamplesAndDividesByThePeak() throws IOException {
    List<LogEntry> lines = run(ThroughputCallback.builder().peakFlops(2e9).build(), 2);

    assertThat(lines).hasSize(2);
    long parameters = parameters();
    for (LogEntry line : lines) {
      double samples = value(line, "samples_per_second");
      assertThat(samples).isPositive();
      assertThat(value(line, "flops_per_second") / samples)
          .isCloseTo(6.0 * parameters, org.assertj.core.data.Percentage.withPercentage(1e-6));
      assertThat(value(line, "flops_share") * 2e9 / value(line, "flops_per_second"))
          .isCloseTo(1, org.assertj.core.data.Percentage.withPercentage(1e-6));
      double shares = value(line, "data_wait_share") + value(line, "compute_share");
      assertThat(value(line, "data_wait_share")).isBetween(0.0, 1.0);
      assertThat(shares).isBetween(0.0, 1.0);
      assertThat(line.value("tokens_per_second")).isEmpty();
    }
  }

  private long parameters() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(GoldenTask.args(dir).maxSteps(1).build()).build()) {
      return trainer.model().parameters().stream().mapToLong(p -> p.array().size()).sum();
    }
  }

  @ParameterizedTest
  @CsvSource({"false, false, 210", "true, false, 170", "true, true, 130"})
  void embeddingsTakeNoOperationsAndFrozenLayersFewer(
      boolean freezesLayer, boolean freezesTable, double expected) {
    SequentialBlock block =
        new SequentialBlock()
            .add(
                TrainableWordEmbedding.builder()
                    .setEmbeddingSize(4)
                    .setVocabulary(new DefaultVocabulary(List.of("a", "b", "c")))
                    .build())
            .add(Linear.builder().setUnits(4).build()) // 20 parameters
            .add(Linear.builder().setUnits(3).build()); // 15 parameters
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      block.initialize(manager, DataType.FLOAT32, new Shape(2, 5));
      block.getChildren().valueAt(0).freezeParameters(freezesTable);
      block.getChildren().valueAt(1).freezeParameters(freezesLayer);
      Map<String, Object> sample =
          Map.of("input_ids", new long[] {0, 1, 2, 1, 0}, "labels", new long[] {0, 1, 2, 0, 1});
      try (Trainer trainer =
          Trainer.builder(block, GoldenTask.args(dir).maxSteps(2).useCpu(true).build())
              .trainDataset(Datasets.of(Collections.nCopies(16, sample)))
              .callback(ThroughputCallback.builder().peakFlops(1).build())
              .build()) {
        trainer.train();
        LogEntry line = trainer.state().logHistory().get(0);
        // 6 for what is trained, 4 for what backward passes, 2 for what it does not reach.
        assertThat(value(line, "flops_per_second") / value(line, "tokens_per_second"))
            .isCloseTo(expected, org.assertj.core.data.Percentage.withPercentage(1e-6));
      }
    }
  }

  @Test
  void countsTokensAndOperationsAsTold() throws IOException {
    List<LogEntry> lines =
        run(
            ThroughputCallback.builder()
                .peakFlops(1)
                .tokens(inputs -> 100 * inputs.batchSize())
                .flops(inputs -> 7.0 * inputs.batchSize())
                .build(),
            1);

    for (LogEntry line : lines) {
      double samples = value(line, "samples_per_second");
      assertThat(value(line, "tokens_per_second") / samples)
          .isCloseTo(100, org.assertj.core.data.Percentage.withPercentage(1e-6));
      assertThat(value(line, "flops_per_second") / samples)
          .isCloseTo(7, org.assertj.core.data.Percentage.withPercentage(1e-6));
    }
  }

  /** Runs out of memory once, in the second loss. */
  private static final class Cramped extends Trainer {
    private int losses;

    Cramped(Builder builder) {
      super(builder);
    }

    @Override
    protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
      if (++losses == 2) {
        throw new EngineException("CUDA out of memory");
      }
      return Losses.crossEntropy(model.forward(inputs, true).logits(), inputs.get("labels"));
    }
  }

  @Test
  void countsTheTokensOfAnUpdateThatBeginsAgainOnce() throws IOException {
    TrainingArguments args =
        GoldenTask.args(dir).maxSteps(3).loggingSteps(1).autoFindBatchSize(true).build();
    ThroughputCallback callback =
        ThroughputCallback.builder()
            .peakFlops(1)
            .tokens(inputs -> 100 * inputs.batchSize())
            .flops(inputs -> 7.0 * inputs.batchSize())
            .build();
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = new Cramped(task.trainer(args).callback(callback))) {
      trainer.train();
      assertThat(trainer.state().trainBatchSize()).isEqualTo(4);
      for (LogEntry line : trainer.state().logHistory().subList(0, 3)) {
        double samples = value(line, "samples_per_second");
        assertThat(value(line, "tokens_per_second") / samples)
            .isCloseTo(100, org.assertj.core.data.Percentage.withPercentage(1e-6));
        assertThat(value(line, "flops_per_second") / samples)
            .isCloseTo(7, org.assertj.core.data.Percentage.withPercentage(1e-6));
      }
    }
  }

  @Test
  void measuresAPeakThatTheModelDoesNotReach() throws IOException {
    List<LogEntry> lines = run(new ThroughputCallback(), 4);

    // The matrices of the model are tiny; a share above 1 would be a peak that is none.
    assertThat(value(lines.get(0), "flops_share")).isGreaterThan(0).isLessThan(1);
  }

  @Test
  void refusesAPeakThatIsNone() {
    assertThatThrownBy(() -> ThroughputCallback.builder().peakFlops(Double.NaN))
        .hasMessageContaining("peakFlops")
        .hasMessageContaining("NaN");
  }
}
