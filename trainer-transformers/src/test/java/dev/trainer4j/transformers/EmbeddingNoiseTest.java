// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.SegmentedModel;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** NEFTune: uniform noise of at most alpha / sqrt(length * width) in the embeddings of tokens, in training alone. */
class EmbeddingNoiseTest {

  private static final int WIDTH = 16;
  private static final int TEXTS = 32;
  private static final int LENGTH = 24;

  private static final Map<String, Map<String, Object>> CONFIGS =
      Map.of(
          "bert",
          Map.of(
              "model_type", "bert",
              "hidden_size", WIDTH,
              "num_hidden_layers", 2,
              "num_attention_heads", 2,
              "intermediate_size", 32,
              "hidden_dropout_prob", 0,
              "attention_probs_dropout_prob", 0),
          "gpt2",
          Map.of(
              "model_type", "gpt2",
              "n_embd", WIDTH,
              "n_layer", 2,
              "n_head", 2,
              "n_positions", 32,
              "embd_pdrop", 0,
              "attn_pdrop", 0,
              "resid_pdrop", 0),
          "gemma",
          Map.of(
              "model_type", "gemma",
              "hidden_size", WIDTH,
              "num_hidden_layers", 2,
              "num_attention_heads", 2,
              "num_key_value_heads", 1,
              "head_dim", 8,
              "intermediate_size", 32,
              "pad_token_id", 0),
          "t5",
          Map.of(
              "model_type", "t5",
              "d_model", WIDTH,
              "d_kv", 8,
              "d_ff", 32,
              "num_layers", 2,
              "num_heads", 2,
              "decoder_start_token_id", 0,
              "dropout_rate", 0),
          "bart",
          Map.of(
              "model_type", "bart",
              "d_model", WIDTH,
              "encoder_layers", 1,
              "decoder_layers", 1,
              "encoder_attention_heads", 2,
              "decoder_attention_heads", 2,
              "encoder_ffn_dim", 32,
              "decoder_ffn_dim", 32,
              "decoder_start_token_id", 2,
              "dropout", 0));

  @TempDir Path folder;

  private static PretrainedModel model(String family, Map<String, Object> others) {
    Map<String, Object> config = new HashMap<>(CONFIGS.get(family));
    config.put("vocab_size", 50);
    config.putAll(others);
    Task task =
        switch (family) {
          case "bert" -> Task.MASKED_LM;
          case "t5", "bart" -> Task.SEQ2SEQ_LM;
          default -> Task.CAUSAL_LM;
        };
    return AutoModels.fromConfig(PretrainedConfig.of(config), task, ParityModels.cpu().withSeed(3));
  }

  private static ModelInputs texts(NDManager manager, int first) {
    long[] ids = new long[TEXTS * LENGTH];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 3 + (7L * i + 11L * first) % 40;
    }
    Shape shape = new Shape(TEXTS, LENGTH);
    return ModelInputs.of(
        Map.of("input_ids", manager.create(ids, shape), "labels", manager.create(ids, shape)));
  }

  /** What the first segment of {@code model} makes of a batch: embeddings, all that is added to them included. */
  private static NDArray embedded(SegmentedModel model, ModelInputs inputs, boolean training) {
    return model.segments().get(0).forward(new NDList(), model.begin(inputs, training)).get(0);
  }

  @ParameterizedTest
  @CsvSource({"gpt2, 5", "gemma, 0.5", "t5, 15"})
  void isUniformWithinAlphaOverTheRootOfLengthTimesWidth(String family, double alpha) {
    double most = alpha / Math.sqrt(LENGTH * WIDTH);
    try (PretrainedModel model = model(family, Map.of());
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = texts(model.manager(), 1);
      float[] noise =
          Seeds.with(
              7,
              () ->
                  embedded(model.withEmbeddingNoise(alpha), inputs, true)
                      .sub(embedded(model, inputs, true))
                      .toFloatArray());
      double mean = 0;
      double squares = 0;
      double largest = 0;
      for (float value : noise) {
        mean += value / noise.length;
        squares += (double) value * value / noise.length;
        largest = Math.max(largest, Math.abs(value));
      }
      assertThat(noise).hasSize(TEXTS * LENGTH * WIDTH);
      assertThat(largest).isBetween(0.999 * most, most * (1 + 1e-5));
      // The standard error of the mean is most / sqrt(3 n), about 0.005 most; that of the square
      // 0.0027 most^2.
      assertThat(mean).isCloseTo(0, within(0.02 * most));
      assertThat(squares).isCloseTo(most * most / 3, within(0.011 * most * most));
    }
  }

  /** Behind a norm, only the form of the noise is left: the fourth moment of a uniform variable is 1.8 variances squared. */
  @ParameterizedTest
  @ValueSource(strings = {"bert", "bart"})
  void isUniformBeforeTheNormOfEmbeddings(String family) {
    try (PretrainedModel model =
            model(family, Map.of(family.equals("bert") ? "hidden_size" : "d_model", 256));
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = texts(model.manager(), 1);
      NDArray noisy = Seeds.with(7, () -> embedded(model.withEmbeddingNoise(1e6), inputs, true));
      assertThat(noisy.pow(4).mean().getFloat()).isCloseTo(1.8f, within(0.02f));
      NDArray plain = embedded(model, inputs, true);
      assertThat(plain.pow(4).mean().getFloat()).isGreaterThan(2.5f); // A normal variable's is 3.
    }
  }

  /** transformers 5.18 hooks a module that the forward pass of T5 and BART never calls; see the documentation. */
  @ParameterizedTest
  @ValueSource(strings = {"t5", "bart"})
  void actsInEncoderAndDecoder(String family) {
    try (PretrainedModel model = model(family, Map.of());
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = texts(model.manager(), 1);
      PretrainedModel noisy = model.withEmbeddingNoise(5);
      int decoder =
          IntStream.range(0, model.segments().size())
              .filter(i -> model.segments().get(i).name().equals("decoder.embed_tokens"))
              .findFirst()
              .orElseThrow();
      for (int at : List.of(0, decoder)) {
        NDList before = new NDList(embedded(model, inputs, true));
        NDArray plain = model.segments().get(at).forward(before, model.begin(inputs, true)).get(0);
        NDArray other = noisy.segments().get(at).forward(before, noisy.begin(inputs, true)).get(0);
        assertThat(other.sub(plain).abs().min().getFloat()).as("segment %d", at).isPositive();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "gpt2", "gemma", "t5", "bart"})
  void isOffOutsideOfTraining(String family) {
    try (PretrainedModel model = model(family, Map.of());
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = texts(model.manager(), 1);
      float[] plain = model.forward(inputs, false).get("logits").toFloatArray();
      PretrainedModel noisy = model.withEmbeddingNoise(5);
      assertThat(noisy.forward(inputs, false).get("logits").toFloatArray()).isEqualTo(plain);
      assertThat(noisy.forward(inputs, true).get("logits").toFloatArray()).isNotEqualTo(plain);
    }
  }

  @Test
  void isAddedToAdaptersOfEmbeddingsAndInSixteenBits() {
    LoraConfig lora = LoraConfig.builder().r(2).targetModules("wte").build();
    try (PretrainedModel base = model("gpt2", Map.of());
        PeftModel peft = PeftModel.of(base, lora);
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = texts(base.manager(), 1);
      try (Autograd.Recording off = Autograd.record(false)) {
        peft.parameters().get(0).array().addi(0.1f); // The first factor of embeddings begins as 0.
      }
      float most = (float) (5 / Math.sqrt(LENGTH * WIDTH));
      NDArray adapted = embedded(peft, inputs, true);
      assertThat(adapted.sub(embedded(base, inputs, true)).abs().max().getFloat()).isPositive();
      NDArray noisy = embedded((SegmentedModel) peft.withEmbeddingNoise(5), inputs, true);
      assertThat(noisy.sub(adapted).abs().max().getFloat()).isCloseTo(most, within(1e-3f));
      PretrainedModel half = base.withEmbeddingNoise(5).autocast(HalfType.BFLOAT16);
      NDArray difference = embedded(half, inputs, true).sub(embedded(base, inputs, true));
      assertThat(difference.abs().max().getFloat()).isCloseTo(most, within(1e-3f));
    }
  }

  private static final DataCollator<Integer> BATCHES =
      (samples, manager) -> texts(manager, samples.get(0));

  private TrainingArguments.Builder arguments(Path outputDir) {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .useCpu(true)
        .perDeviceTrainBatchSize(1)
        .gradientAccumulationSteps(2)
        .learningRate(1e-2)
        .lrSchedulerType(SchedulerType.CONSTANT)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.NO)
        .neftuneNoiseAlpha(5);
  }

  private static byte[] train(TrainableModel model, TrainingArguments args, boolean resume)
      throws IOException {
    try (Trainer trainer =
        Trainer.builder(model, args)
            .trainDataset(Datasets.of(IntStream.range(0, 12).boxed().toList()))
            .evalDataset(Datasets.of(List.of(3)))
            .dataCollator(BATCHES)
            .build()) {
      trainer.train(resume ? ResumeFrom.latest() : ResumeFrom.never());
      Path saved = args.outputDir().resolve("saved");
      trainer.saveModel(saved);
      return Files.readAllBytes(saved.resolve(model.tensorsFile()));
    }
  }

  private byte[] trainGpt2(String name, Consumer<TrainingArguments.Builder> more, boolean resume)
      throws IOException {
    TrainingArguments.Builder args = arguments(folder.resolve(name)).maxSteps(6);
    more.accept(args);
    try (PretrainedModel model = model("gpt2", Map.of("tie_word_embeddings", false))) {
      return train(model, args.build(), resume);
    }
  }

  @Test
  void aResumedRunDrawsTheSameNoiseAlsoWhereSegmentsRunTwice() throws IOException {
    byte[] whole = trainGpt2("whole", args -> {}, false);
    assertThat(trainGpt2("quiet", args -> args.neftuneNoiseAlpha(1e-9), false)).isNotEqualTo(whole);
    trainGpt2(
        "parts", args -> args.maxSteps(3).saveStrategy(IntervalStrategy.STEPS).saveSteps(3), false);
    assertThat(trainGpt2("parts", args -> args.gradientCheckpointing(true), true)).isEqualTo(whole);
  }

  @Test
  void adaptersTrainWithNoiseAndEvaluateWithout() throws IOException {
    try (PretrainedModel base = model("gpt2", Map.of());
        PeftModel peft =
            PeftModel.of(base, LoraConfig.builder().r(2).targetModules("c_attn").build())) {
      TrainingArguments args =
          arguments(folder.resolve("peft")).learningRate(0).maxSteps(2).build();
      try (Trainer trainer =
          Trainer.builder(peft, args)
              .trainDataset(Datasets.of(List.of(3, 3, 3, 3)))
              .evalDataset(Datasets.of(List.of(3)))
              .dataCollator(BATCHES)
              .build()) {
        double before = trainer.evaluate().metric("loss");
        trainer.train();
        List<Double> losses =
            trainer.state().logHistory().stream()
                .flatMap(line -> line.value("loss").stream().boxed())
                .toList();
        // Nothing has moved, so whatever differs is noise.
        assertThat(losses).hasSize(2).doesNotContain(before).doesNotHaveDuplicates();
        assertThat(trainer.evaluate().metric("loss")).isEqualTo(before);
      }
    }
  }

  @Test
  void isRefusedWhereItWouldDoNothing() {
    assertThatThrownBy(() -> TrainingArguments.builder().neftuneNoiseAlpha(0).build())
        .hasMessageContaining("neftuneNoiseAlpha")
        .hasMessageContaining("a number above 0");
    assertThatThrownBy(() -> TrainingArguments.builder().neftuneNoiseAlpha(-5).build())
        .hasMessageContaining("a number above 0");
    try (PretrainedModel model = model("gpt2", Map.of())) {
      TrainingArguments named = arguments(folder).neftuneEmbedding("transformer.wte").build();
      assertThatThrownBy(() -> Trainer.builder(model, named).build())
          .hasMessageContaining(
              "neftuneEmbedding: 'transformer.wte' is to name a child of a DJL block")
          .hasMessageContaining("leave it out");
    }
  }
}
