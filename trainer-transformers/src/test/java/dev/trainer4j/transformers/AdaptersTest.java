// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.transformers.architecture.AdapterSet;
import dev.trainer4j.transformers.generation.DecodingSession;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Low-rank pairs beside linear layers. The independent source is the weight W + scale * B A. */
class AdaptersTest {

  private static final double SCALE = 0.5;

  private static final Map<String, Object> GPT2 =
      Map.of(
          "model_type", "gpt2",
          "vocab_size", 50,
          "n_embd", 16,
          "n_layer", 2,
          "n_head", 2,
          "n_positions", 32,
          "embd_pdrop", 0.0,
          "attn_pdrop", 0.0,
          "resid_pdrop", 0.0);

  @TempDir Path outputDir;

  private static PretrainedModel gpt2() {
    return AutoModels.fromConfig(
        PretrainedConfig.of(new HashMap<>(GPT2)), Task.CAUSAL_LM, ParityModels.cpu().withSeed(3));
  }

  /** Matrices of layers: neither embeddings nor tables of positions and distances. */
  private static List<String> layerWeights(PretrainedModel model) {
    List<String> names = new ArrayList<>();
    model
        .state()
        .forEach(
            (name, array) -> {
              if (array.getShape().dimension() == 2
                  && name.endsWith(".weight")
                  && !name.matches(".*(embed|shared|wte|wpe|relative_attention_bias).*")) {
                names.add(name);
              }
            });
    return names;
  }

  private static boolean transposed(String name) {
    return name.matches(".*\\.(c_attn|c_proj|c_fc)\\.weight");
  }

  private static NDArray random(PretrainedModel model, Random random, long rows, long columns) {
    float[] values = new float[(int) (rows * columns)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.1 * random.nextGaussian());
    }
    return model.manager().create(values, new Shape(rows, columns));
  }

  /** Adds a pair to every weight, and merges it into {@code merged}. */
  private static void adapt(
      PretrainedModel model,
      AdapterSet set,
      PretrainedModel merged,
      List<String> weights,
      String adapter,
      int rank,
      double dropout) {
    Random random = new Random(rank);
    for (String name : weights) {
      NDArray weight = merged.state().get(name);
      long out = weight.getShape().get(transposed(name) ? 1 : 0);
      long in = weight.getShape().get(transposed(name) ? 0 : 1);
      NDArray a = random(model, random, rank, in);
      NDArray b = random(model, random, out, rank);
      try (Autograd.Recording off = Autograd.record(false);
          ArrayScope scope = ArrayScope.open()) {
        NDArray product = b.matMul(a).mul(SCALE);
        weight.addi(transposed(name) ? product.transpose() : product);
      }
      set.add(name, adapter, a, b, SCALE, dropout);
    }
  }

  private static float[] logits(PretrainedModel model, ModelInputs inputs, boolean training) {
    try (ArrayScope scope = ArrayScope.open()) {
      return model.forward(inputs, training).logits().toFloatArray();
    }
  }

  private static float largestDifference(float[] one, float[] other) {
    assertThat(one).hasSameSizeAs(other);
    float largest = 0;
    for (int i = 0; i < one.length; i++) {
      largest = Math.max(largest, Math.abs(one[i] - other[i]));
    }
    return largest;
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert-classify", "gpt2", "llama", "t5"})
  void severalAdaptersGiveTheLogitsOfTheMergedWeights(String name) throws IOException {
    try (PretrainedModel model = ParityModels.load(name);
        PretrainedModel merged = ParityModels.load(name);
        ArrayScope scope = ArrayScope.open()) {
      AdapterSet set = model.newAdapters();
      PretrainedModel adapted = model.adapted(set);
      ModelInputs inputs = ParityModels.inputs(name, model.manager());
      float[] before = logits(model, inputs, false);
      assertThat(logits(adapted, inputs, false)).isEqualTo(before);

      List<String> weights = layerWeights(model);
      assertThat(weights).hasSizeGreaterThanOrEqualTo(8);
      // Dropout of an adapter must not show outside of training.
      adapt(model, set, merged, weights, "default", 4, 0.5);
      adapt(model, set, merged, weights.subList(0, weights.size() / 2), "second", 2, 0);
      float[] expected = logits(merged, inputs, false);
      assertThat(largestDifference(logits(adapted, inputs, false), expected))
          .isLessThan(1e-5f * Math.max(1, largestDifference(expected, new float[expected.length])));
      assertThat(largestDifference(before, expected)).isGreaterThan(1e-3f);
      // The model that the view is of has no adapters.
      assertThat(logits(model, inputs, false)).isEqualTo(before);
      // In 16 bits the same, to their rounding, and not what it was.
      float[] half = logits(adapted.autocast(HalfType.BFLOAT16), inputs, false);
      assertThat(largestDifference(half, expected))
          .isLessThan(largestDifference(before, expected) / 2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama", "t5"})
  void writesTextWithTheMergedWeights(String name) throws IOException {
    try (PretrainedModel model = ParityModels.load(name);
        PretrainedModel merged = ParityModels.load(name)) {
      AdapterSet set = model.newAdapters();
      adapt(model, set, merged, layerWeights(model), "default", 4, 0.5);
      long[][] prompt = {{3, 7, 11, 5}};
      boolean answers = model.isEncoderDecoder();
      try (DecodingSession session = model.adapted(set).startDecoding(prompt, null, 16);
          DecodingSession expected = merged.startDecoding(prompt, null, 16)) {
        long[][] first = answers ? new long[][] {{0}} : prompt;
        assertThat(
                largestDifference(
                    session.next(first).toFloatArray(), expected.next(first).toFloatArray()))
            .isLessThan(1e-5f);
        long[][] next = {{9}};
        assertThat(
                largestDifference(
                    session.next(next).toFloatArray(), expected.next(next).toFloatArray()))
            .isLessThan(1e-5f);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert-classify", "gpt2", "llama", "t5"})
  void gradientsArriveAtThePairsAndWithAFrozenBaseAtNothingElse(String name) throws IOException {
    try (PretrainedModel model = ParityModels.load(name);
        PretrainedModel merged = ParityModels.load(name)) {
      AdapterSet set = model.newAdapters();
      PretrainedModel adapted = model.adapted(set);
      adapt(model, set, merged, layerWeights(model), "default", 4, 0);
      model.state().values().forEach(array -> array.setRequiresGradient(false));
      Set<NDArray> pairs = new HashSet<>();
      set.parameters().forEach(pair -> pairs.add(pair.array()));
      assertThat(adapted.parameters()).extracting(NamedParameter::array).hasSameElementsAs(pairs);
      assertThat(adapted.savedTensors().values()).hasSameElementsAs(pairs);
      try (ArrayScope scope = ArrayScope.open();
          Autograd autograd = new Autograd();
          Autograd.Recording on = Autograd.record(true)) {
        LossOutput loss = adapted.forward(ParityModels.inputs(name, model.manager()), false).loss();
        assertThat(loss).isNotNull();
        autograd.backward(loss.value());
        for (NamedParameter pair : set.parameters()) {
          assertThat(pair.array().getGradient().abs().sum().getFloat())
              .as(pair.name())
              .isPositive();
        }
        model.state().forEach((key, array) -> assertThat(array.hasGradient()).as(key).isFalse());
      }
    }
  }

  /** With A and B the identity, the logits show what went into the pair. */
  @Test
  void inTrainingTheInputOfThePairIsDroppedAndTheBaseProductIsNot() {
    try (PretrainedModel model = gpt2();
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs =
          ModelInputs.of(
              "input_ids",
              model.manager().create(new long[] {3, 1, 4, 1, 5, 9, 2, 6, 5, 3}, new Shape(1, 10)));
      AdapterSet set = model.newAdapters();
      PretrainedModel adapted = model.adapted(set);
      // The head shares the embeddings, which its pair leaves alone.
      set.add(
          "lm_head.weight",
          "default",
          model.manager().eye(16),
          model.manager().eye(50, 16, 0, DataType.FLOAT32),
          SCALE,
          0.25);
      float[] base = logits(model, inputs, true);
      float[] whole = logits(adapted, inputs, false);
      float[] dropped = Seeds.with(5, () -> logits(adapted, inputs, true));
      int zeros = 0;
      int kept = 0;
      for (int i = 0; i < base.length; i++) {
        float added = dropped[i] - base[i];
        if (i % 50 >= 16 || Math.abs(added) < 1e-6) {
          assertThat(dropped[i]).isCloseTo(base[i], within(1e-6f));
          zeros += i % 50 < 16 ? 1 : 0;
        } else {
          assertThat(added).isCloseTo((whole[i] - base[i]) / 0.75f, within(1e-4f));
          kept++;
        }
      }
      // 160 draws at 0.25: five standard deviations are 27.
      assertThat(zeros).isBetween(13, 67);
      assertThat(kept).isEqualTo(160 - zeros);
      assertThat(Seeds.with(5, () -> logits(adapted, inputs, true))).isEqualTo(dropped);
      assertThat(Seeds.with(6, () -> logits(adapted, inputs, true))).isNotEqualTo(dropped);
      assertThat(logits(adapted, inputs, false)).isEqualTo(whole);
    }
  }

  private record Trained(Map<String, float[]> tensors, List<String> saved) {}

  private Trained train(boolean checkpointing, Path folder) throws IOException {
    TrainingArguments arguments =
        TrainingArguments.builder()
            .outputDir(folder)
            .useCpu(true)
            .numTrainEpochs(1)
            .perDeviceTrainBatchSize(1)
            .learningRate(1e-2)
            .gradientCheckpointing(checkpointing)
            .saveStrategy(IntervalStrategy.EPOCH)
            .build();
    try (PretrainedModel model = gpt2()) {
      AdapterSet set = model.newAdapters();
      PretrainedModel adapted = model.adapted(set);
      Random random = new Random(1);
      // The first segments have nothing to train.
      String weight = "transformer.h.1.attn.c_attn.weight";
      set.add(
          weight,
          "default",
          random(model, random, 4, 16),
          random(model, random, 48, 4),
          SCALE,
          0.2);
      model.state().values().forEach(array -> array.setRequiresGradient(false));
      Map<String, float[]> before = new HashMap<>();
      adapted.state().forEach((name, array) -> before.put(name, array.toFloatArray()));
      DataCollator<Integer> batches =
          (samples, manager) -> {
            long[] ids = new long[8];
            for (int i = 0; i < ids.length; i++) {
              ids[i] = (7L * i + 11L * samples.get(0)) % 50;
            }
            NDArray array = manager.create(ids, new Shape(1, 8));
            return ModelInputs.of(Map.of("input_ids", array, "labels", array));
          };
      try (Trainer trainer =
          Trainer.builder(adapted, arguments)
              .trainDataset(Datasets.of(List.of(0, 1, 2, 3)))
              .dataCollator(batches)
              .build()) {
        trainer.train();
      }
      Map<String, float[]> after = new HashMap<>();
      adapted.state().forEach((name, array) -> after.put(name, array.toFloatArray()));
      assertThat(after.keySet()).isEqualTo(before.keySet()).hasSize(model.state().size() + 2);
      after.forEach(
          (name, values) -> {
            if (name.contains("lora_")) {
              assertThat(values).as(name).isNotEqualTo(before.get(name));
            } else {
              assertThat(values).as(name).isEqualTo(before.get(name));
            }
          });
      try (SafetensorsFile file =
          SafetensorsFile.open(folder.resolve("checkpoint-4").resolve("model.safetensors"))) {
        return new Trained(after, List.copyOf(file.names()));
      }
    }
  }

  @Test
  void trainsAndSavesThePairsAloneAlsoWhenSegmentsRunAgain() throws IOException {
    Trained whole = train(false, outputDir.resolve("whole"));
    Trained again = train(true, outputDir.resolve("again"));
    String module = "transformer.h.1.attn.c_attn.lora_";
    assertThat(whole.saved())
        .containsExactlyInAnyOrder(module + "A.default.weight", module + "B.default.weight");
    assertThat(again.saved()).isEqualTo(whole.saved());
    whole
        .tensors()
        .forEach(
            (name, values) ->
                assertThat(largestDifference(again.tensors().get(name), values))
                    .as(name)
                    .isLessThan(1e-5f));
  }

  @Test
  void refusesWhatIsNoPairOfALinearLayer() {
    try (PretrainedModel model = gpt2();
        PretrainedModel other =
            AutoModels.fromConfig(
                PretrainedConfig.of(new HashMap<>(GPT2)).with("n_layer", 1),
                Task.CAUSAL_LM,
                ParityModels.cpu())) {
      AdapterSet set = model.newAdapters();
      String weight = "transformer.h.0.attn.c_attn.weight";
      NDArray a = model.manager().zeros(new Shape(4, 16));
      NDArray b = model.manager().zeros(new Shape(48, 4));
      for (String name : List.of("transformer.h.0.ln_1.weight", "h")) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> set.add(name, "x", a, b, 1, 0))
            .withMessageContaining("weight is '" + name + "'")
            .withMessageContaining(weight);
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> set.add(weight, "x", b, a, 1, 0))
          .withMessageContaining("a of " + weight)
          .withMessageContaining("(48, 16)");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> set.add(weight, "x", a, b, Double.NaN, 0))
          .withMessageContaining("scale is NaN");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> set.add(weight, "x", a, b, 1, 1))
          .withMessageContaining("dropout is 1.0");
      set.add(weight, "x", a, b, 1, 0);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> set.add(weight, "x", a, b, 1, 0))
          .withMessageContaining("adapter 'x' has a pair");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> other.adapted(set))
          .withMessageContaining("resizeTokenEmbeddings");
      PretrainedModel adapted = model.adapted(set);
      assertThatIllegalStateException()
          .isThrownBy(() -> adapted.adapted(set))
          .withMessageContaining("adapters already");
      assertThatIllegalStateException()
          .isThrownBy(() -> adapted.save(outputDir))
          .withMessageContaining("has adapters");
    }
  }
}
