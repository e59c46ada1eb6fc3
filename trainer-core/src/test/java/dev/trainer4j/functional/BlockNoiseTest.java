// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.transformer.IdEmbedding;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.torch.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** NEFTune's noise in the embeddings of a DJL block, which are found by the name of the child that gives them. */
class BlockNoiseTest {

  private static final int WORDS = 50;
  private static final int WIDTH = 16;
  private static final int TEXTS = 32;
  private static final int LENGTH = 24;
  private static final double ALPHA = 5;
  private static final double MOST = ALPHA / Math.sqrt(LENGTH * WIDTH);

  private static final DataCollator<Integer> BATCHES =
      (samples, manager) -> texts(manager, samples);

  @TempDir Path folder;

  private static ModelInputs texts(NDManager manager, List<Integer> samples) {
    long[] ids = new long[samples.size() * LENGTH];
    long[] labels = new long[samples.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (7L * i + 11L * samples.get(i / LENGTH)) % WORDS;
      labels[i / LENGTH] = samples.get(i / LENGTH) % 2;
    }
    Map<String, NDArray> inputs = new LinkedHashMap<>();
    inputs.put("input_ids", manager.create(ids, new Shape(samples.size(), LENGTH)));
    inputs.put("labels", manager.create(labels));
    return ModelInputs.of(inputs);
  }

  private static Block table() {
    return new IdEmbedding.Builder().setDictionarySize(WORDS).setEmbeddingSize(WIDTH).build();
  }

  private static SequentialBlock mean() {
    return new SequentialBlock()
        .add(LambdaBlock.singleton(x -> x.mean(new int[] {1}), "mean"))
        .add(Linear.builder().setUnits(2).build());
  }

  /** The embedding stands in a chain within the chain. */
  private static SequentialBlock classifier() {
    return new SequentialBlock().add(new SequentialBlock().add(table())).add(mean());
  }

  private static final String NESTED = "01SequentialBlock_01IdEmbedding";

  /** A model of the table alone, behind which nothing hides the noise. */
  private static BlockModel embeddings(NDManager manager, SequentialBlock block) {
    Seeds.run(3, () -> block.initialize(manager, DataType.FLOAT32, new Shape(TEXTS, LENGTH)));
    return new BlockModel(block, manager, List.of("labels"));
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void isUniformWithinAlphaOverTheRootOfLengthTimesWidth(boolean sixteenBits) {
    try (NDManager manager = TorchEngine.get().newBaseManager();
        ArrayScope scope = ArrayScope.open()) {
      BlockModel plain = embeddings(manager, new SequentialBlock().add(table()));
      BlockModel view = plain.withEmbeddingNoise("01IdEmbedding", ALPHA);
      TrainableModel noisy = sixteenBits ? view.autocast(HalfType.BFLOAT16) : view;
      ModelInputs inputs = texts(manager, IntStream.range(0, TEXTS).boxed().toList());
      NDArray without = plain.forward(inputs, true).logits();
      NDArray with = Seeds.with(7, () -> noisy.forward(inputs, true).logits());
      NDArray again = Seeds.with(7, () -> noisy.forward(inputs, true).logits());

      float[] noise = with.sub(without).toFloatArray();
      double mean = 0;
      double squares = 0;
      double largest = 0;
      for (float value : noise) {
        mean += value / noise.length;
        squares += (double) value * value / noise.length;
        largest = Math.max(largest, Math.abs(value));
      }
      // bfloat16 has 8 bits; sums of table and noise are below 1.
      double rounding = sixteenBits ? 1.0 / 128 : 1e-6;
      assertThat(noise).hasSize(TEXTS * LENGTH * WIDTH);
      assertThat(largest).isBetween(0.998 * MOST - rounding, MOST + rounding);
      assertThat(mean).isCloseTo(0, within(0.02 * MOST));
      assertThat(squares).isCloseTo(MOST * MOST / 3, within(0.015 * MOST * MOST));
      assertThat(again.toFloatArray()).isEqualTo(with.toFloatArray());
      NDArray evaluated = noisy.forward(inputs, false).logits();
      assertThat((double) evaluated.sub(without).abs().max().getFloat()).isLessThan(rounding);
    }
  }

  private TrainingArguments.Builder arguments(String run) {
    return TrainingArguments.builder()
        .outputDir(folder.resolve(run))
        .useCpu(true)
        .perDeviceTrainBatchSize(4)
        .gradientAccumulationSteps(2)
        .learningRate(1e-2)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.NO)
        .neftuneNoiseAlpha(ALPHA)
        .neftuneEmbedding(NESTED);
  }

  private static Trainer trainer(Block block, TrainingArguments args, TrainerCallback... others) {
    Trainer.Builder builder =
        Trainer.builder(block, args)
            .trainDataset(Datasets.of(IntStream.range(0, 64).boxed().toList()))
            .evalDataset(Datasets.of(IntStream.range(0, 8).boxed().toList()))
            .dataCollator(BATCHES);
    List.of(others).forEach(builder::callback);
    return builder.build();
  }

  private static List<Double> losses(Trainer trainer) {
    return trainer.state().logHistory().stream()
        .flatMap(line -> line.value("loss").stream().boxed())
        .toList();
  }

  @Test
  void aResumedRunDrawsTheSameNoise() throws IOException {
    byte[] whole = train(arguments("whole").maxSteps(6), ResumeFrom.never());
    assertThat(train(arguments("quiet").maxSteps(6).neftuneNoiseAlpha(1e-9), ResumeFrom.never()))
        .isNotEqualTo(whole);
    TrainingArguments.Builder parts =
        arguments("parts").maxSteps(6).saveStrategy(IntervalStrategy.STEPS).saveSteps(3);
    train(parts, ResumeFrom.never());
    assertThat(train(parts, ResumeFrom.path(folder.resolve("parts/checkpoint-3"))))
        .isEqualTo(whole);
  }

  private static byte[] train(TrainingArguments.Builder args, ResumeFrom from) throws IOException {
    Block block = classifier();
    TrainingArguments built = args.build();
    try (Trainer trainer = trainer(block, built)) {
      trainer.train(from);
      Path saved = built.outputDir().resolve("saved");
      trainer.saveModel(saved);
      return Files.readAllBytes(saved.resolve("model.safetensors"));
    } finally {
      block.clear();
    }
  }

  @Test
  void evaluationsHaveNoneOfIt() {
    Block block = classifier();
    // Nothing moves, so whatever differs is noise.
    TrainingArguments args =
        arguments("still").learningRate(0).maxSteps(3).gradientAccumulationSteps(1).build();
    try (Trainer trainer = trainer(block, args)) {
      trainer.train();
      double before = trainer.evaluate().metric("loss");
      trainer.train();
      assertThat(trainer.evaluate().metric("loss")).isEqualTo(before);
      List<Double> noisy = losses(trainer);
      try (Trainer quiet =
          trainer(
              block,
              args.toBuilder()
                  .neftuneNoiseAlpha(OptionalDouble.empty())
                  .neftuneEmbedding(Optional.empty())
                  .build())) {
        quiet.train();
        assertThat(losses(quiet)).hasSameSizeAs(noisy).doesNotContainAnyElementsOf(noisy);
      }
    } finally {
      block.clear();
    }
  }

  @Test
  void keepsNoArrayFromUpdateToUpdate() {
    List<Long> arrays = new ArrayList<>();
    TrainerCallback meter =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() % 50 == 0) {
              arrays.add(Natives.arrays());
            }
          }
        };
    Block block = classifier();
    try (Trainer trainer =
        trainer(block, arguments("long").maxSteps(200).dataloaderNumWorkers(0).build(), meter)) {
      trainer.train();
    } finally {
      block.clear();
    }
    assertThat(arrays).hasSize(4).containsOnly(arrays.get(0));
  }

  private TrainingArguments named(String embedding) {
    return arguments("refused").neftuneEmbedding(embedding).build();
  }

  @Test
  void whatCannotBeFoundIsRefusedWithWhatThereIs() {
    TrainingArguments unnamed = arguments("refused").neftuneEmbedding(Optional.empty()).build();
    assertThatThrownBy(() -> trainer(classifier(), unnamed))
        .hasMessageContaining("neftuneEmbedding: missing, and neftuneNoiseAlpha is 5.0")
        .hasMessageContaining("[" + NESTED + "] have some");
    assertThatThrownBy(() -> trainer(classifier(), named("01IdEmbedding")))
        .hasMessageContaining("no child of the block is called '01IdEmbedding'")
        .hasMessageContaining("[" + NESTED + "]");
    assertThatThrownBy(() -> trainer(mean(), named("01IdEmbedding")))
        .hasMessageContaining("its children are [01")
        .hasMessageContaining("none of which has an Embedding");
    Block hidden = new ParallelBlock(lists -> lists.get(0)).add(table());
    assertThatThrownBy(() -> trainer(hidden, named("table")))
        .hasMessageContaining("a ParallelBlock is no chain of blocks")
        .hasMessageContaining("NoisyEmbeddings");
    assertThatThrownBy(
            () ->
                trainer(
                    classifier(),
                    arguments("refused").neftuneNoiseAlpha(OptionalDouble.empty()).build()))
        .hasMessageContaining("neftuneEmbedding: '" + NESTED + "' does nothing without");
  }

  @Test
  void aChildThatGivesNoEmbeddingsIsRefusedWithItsShapes() {
    Block block = classifier();
    try (Trainer trainer =
        trainer(block, arguments("flat").neftuneEmbedding("02SequentialBlock_02Linear").build())) {
      assertThatThrownBy(trainer::train)
          .hasMessageContaining("neftuneEmbedding: the child '02SequentialBlock_02Linear' gives")
          .hasMessageContaining("(4, 2) float32")
          .hasMessageContaining("[texts, length, width]");
    } finally {
      block.clear();
    }
  }

  @Test
  void aFunctionHidesItsEmbeddings() {
    try (NDManager manager = TorchEngine.get().newBaseManager()) {
      TrainableModel function =
          FunctionModel.builder(manager, (inputs, training) -> ModelOutput.of(Map.of()))
              .parameters(Map.of("w", manager.ones(new Shape(1))))
              .build();
      assertThatThrownBy(() -> Trainer.builder(function, named("w")).build())
          .hasMessageContaining("FunctionModel shows no embeddings");
    }
  }
}
