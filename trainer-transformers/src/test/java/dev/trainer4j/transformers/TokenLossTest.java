// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.PassConditions;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.model.TrainingPass;
import dev.trainer4j.model.TrainingPasses;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.Gradients;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.architecture.TokenLoss;
import dev.trainer4j.transformers.architecture.TokenLoss.Kind;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Losses of next tokens against the head's own, which transformers' figures hold, and against their formulas. */
class TokenLossTest {

  /** Rows of logits of 50 tokens: two at a time, so that the last of 13 labels stands alone. */
  private static final long TWO_ROWS = 2 * 4 * 50;

  private static final long[] IDS = {3, 17, 4, 9, 21, 33, 8, 2, 5, 5, 41, 7, 12, 30, 1, 0, 0, 0};
  private static final long[] LABELS = {
    3, 17, -100, 9, 21, 33, 8, 2, 5, -100, 41, 7, 12, 30, 1, -100, -100, -100
  };

  private static PretrainedModel model(String family, boolean tied) {
    Map<String, Object> config = new HashMap<>();
    config.put("model_type", family);
    config.put("vocab_size", 50);
    config.put("hidden_size", 16);
    config.put("num_hidden_layers", 2);
    config.put("num_attention_heads", 2);
    config.put("num_key_value_heads", 1);
    config.put("intermediate_size", 32);
    config.put("initializer_range", 0.5);
    config.put("tie_word_embeddings", tied);
    if (family.equals("gpt2")) {
      config.put("n_positions", 32);
      config.put("n_embd", 16);
      config.put("n_layer", 2);
      config.put("n_head", 2);
    }
    return AutoModels.fromConfig(
        PretrainedConfig.of(config), Task.CAUSAL_LM, ParityModels.cpu().withSeed(3));
  }

  private static ModelInputs inputs(NDManager manager) {
    Shape shape = new Shape(2, 9);
    long[] mask = new long[18];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = i < 15 ? 1 : 0;
    }
    return ModelInputs.of("input_ids", manager.create(IDS, shape))
        .with("attention_mask", manager.create(mask, shape))
        .with("labels", manager.create(LABELS, shape));
  }

  private record Result(
      double loss, double weight, Map<String, Double> parts, Map<String, float[]> gradients) {}

  private static Result run(TrainableModel model, boolean checkpointing) {
    List<NamedParameter> parameters = model.parameters();
    try (TrainingPass pass =
            TrainingPasses.choose(new PassConditions(model, checkpointing, false, null));
        Autograd.Recording on = Autograd.record(true);
        ArrayScope scope = ArrayScope.open();
        Gradients gradients =
            new Gradients(parameters.stream().map(NamedParameter::array).toList())) {
      pass.begin(1);
      ModelOutput output = pass.model().forward(inputs(model.manager()), true);
      LossOutput loss = Objects.requireNonNull(output.loss());
      double value = loss.value().toFloatArray()[0];
      pass.backward(loss.value(), 1);
      pass.end();
      Map<String, float[]> taken = new HashMap<>();
      parameters.forEach(p -> taken.put(p.name(), p.array().getGradient().toFloatArray()));
      Map<String, Double> parts = new HashMap<>();
      loss.parts().forEach((name, part) -> parts.put(name, (double) part.toFloatArray()[0]));
      gradients.zero();
      return new Result(value, loss.weight(), parts, taken);
    }
  }

  private static void assertSame(Result actual, Result expected, double relative) {
    assertThat(actual.loss()).isCloseTo(expected.loss(), within(relative * expected.loss()));
    assertThat(actual.weight()).isEqualTo(expected.weight());
    assertThat(actual.gradients().keySet()).isEqualTo(expected.gradients().keySet());
    expected
        .gradients()
        .forEach(
            (name, theirs) -> assertClose(name, actual.gradients().get(name), theirs, relative));
  }

  private static void assertClose(String name, float[] ours, float[] theirs, double relative) {
    double largest = 0;
    for (float value : theirs) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(largest).as("the gradient of %s is there", name).isPositive();
    for (int i = 0; i < ours.length; i++) {
      assertThat((double) ours[i])
          .as("gradient of %s[%d]", name, i)
          .isCloseTo(theirs[i], within(relative * largest));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "llama,false,false",
    "llama,true,false",
    "llama,false,true",
    "llama,true,true",
    "gpt2,true,false"
  })
  void chunkedLossAndGradientsAreThoseOfAllLogits(
      String family, boolean tied, boolean checkpointing) {
    try (PretrainedModel model = model(family, tied)) {
      Result expected = run(model, checkpointing);
      Result chunked =
          run(model.withTokenLoss(new TokenLoss(Kind.CHUNKED_NLL, TWO_ROWS)), checkpointing);
      Result whole = run(model.withTokenLoss(new TokenLoss(Kind.NLL, TWO_ROWS)), checkpointing);

      assertSame(chunked, expected, 1e-5);
      assertSame(whole, expected, 1e-6);
      assertThat(chunked.weight()).isEqualTo(12);
      assertParts(chunked, whole);
    }
  }

  private static void assertParts(Result chunked, Result whole) {
    assertThat(chunked.parts().keySet()).isEqualTo(TokenLoss.parts());
    whole
        .parts()
        .forEach(
            (name, part) ->
                assertThat(chunked.parts().get(name))
                    .as(name)
                    .isCloseTo(part, within(1e-4 * part)));
  }

  @Test
  void partsAreTheEntropyAndTheHitsOfTheTokensThatCount() {
    try (PretrainedModel model = model("llama", false);
        ArrayScope scope = ArrayScope.open()) {
      NDArray logits = model.forward(inputs(model.manager()), false).logits();
      double entropy = 0;
      int hits = 0;
      for (int row = 0; row < 2; row++) {
        for (int i = 0; i < 8; i++) {
          long label = LABELS[row * 9 + i + 1];
          if (label < 0) {
            continue;
          }
          float[] y = logits.get(row, i).toFloatArray();
          double sum = 0;
          int best = 0;
          for (int v = 0; v < y.length; v++) {
            sum += Math.exp(y[v]);
            best = y[v] > y[best] ? v : best;
          }
          for (float v : y) {
            entropy -= Math.exp(v) / sum * Math.log(Math.exp(v) / sum);
          }
          hits += best == label ? 1 : 0;
        }
      }

      Result result = run(model.withTokenLoss(new TokenLoss(Kind.CHUNKED_NLL, TWO_ROWS)), false);

      assertThat(result.parts().get("entropy")).isCloseTo(entropy, within(1e-4 * entropy));
      assertThat(result.parts().get("mean_token_accuracy")).isEqualTo(hits);
    }
  }

  @Test
  void dftWeighsTheLikelihoodOfEachTokenByItself() {
    try (PretrainedModel model = model("llama", false);
        ArrayScope scope = ArrayScope.open()) {
      NDArray logits = model.forward(inputs(model.manager()), false).logits();
      double loss = 0;
      for (int row = 0; row < 2; row++) {
        for (int i = 0; i < 8; i++) {
          long label = LABELS[row * 9 + i + 1];
          if (label >= 0) {
            float[] y = logits.get(row, i).toFloatArray();
            double sum = 0;
            for (float v : y) {
              sum += Math.exp(v);
            }
            double p = Math.exp(y[(int) label]) / sum;
            loss -= p * Math.log(p);
          }
        }
      }

      Result result = run(model.withTokenLoss(TokenLoss.of(Kind.DFT)), false);

      assertThat(result.loss()).isCloseTo(loss, within(1e-4 * loss));
      assertThat(result.weight()).isEqualTo(12);
    }
  }

  @ParameterizedTest
  @CsvSource({"BFLOAT16,0.03", "FLOAT16,0.01"})
  void chunkedLossInHalfPrecisionIsThatOfAllLogits(HalfType type, double relative) {
    try (PretrainedModel model = model("llama", true)) {
      Result expected = run(model.autocast(type), false);
      Result chunked =
          run(model.withTokenLoss(new TokenLoss(Kind.CHUNKED_NLL, TWO_ROWS)).autocast(type), false);

      assertSame(chunked, expected, relative);
    }
  }

  @Test
  void aFrozenProjectionTakesNoGradientAndItsStatesTheSame() {
    try (PretrainedModel model = model("llama", false)) {
      model.freeze("lm_head");

      assertSame(
          run(model.withTokenLoss(new TokenLoss(Kind.CHUNKED_NLL, TWO_ROWS)), false),
          run(model, false),
          1e-5);
    }
  }

  @ParameterizedTest
  @CsvSource({"q_proj,", "q_proj,lm_head", "lm_head,"})
  void adaptersTakeTheSameGradientsWhereverTheyStand(String target, String saved) {
    LoraConfig.Builder config =
        LoraConfig.builder().r(2).targetModules(target).initLoraWeights("false");
    if (saved != null) {
      config.modulesToSave(saved);
    }
    try (PretrainedModel base = model("llama", false);
        PeftModel model = PeftModel.of(base, config.build())) {
      assertSame(
          run(model.withTokenLoss(new TokenLoss(Kind.CHUNKED_NLL, TWO_ROWS)), true),
          run(model, true),
          1e-5);
    }
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void tokensThatAreTrainedAloneTakeTheSameGradients(boolean tied) {
    LoraConfig config =
        LoraConfig.builder()
            .r(2)
            .targetModules("q_proj")
            .initLoraWeights("false")
            .trainableTokenIndices(List.of(3, 7, 9))
            .build();
    try (PretrainedModel base = model("llama", tied);
        PeftModel model = PeftModel.of(base, config)) {
      assertSame(
          run(model.withTokenLoss(new TokenLoss(Kind.CHUNKED_NLL, TWO_ROWS)), false),
          run(model, false),
          1e-5);
    }
  }

  @Test
  void anEvaluationTellsTheSameLossWithoutLogits() {
    try (PretrainedModel model = model("llama", false);
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = inputs(model.manager());
      ModelOutput own = model.forward(inputs, false);
      ModelOutput chunked =
          model.withTokenLoss(new TokenLoss(Kind.CHUNKED_NLL, TWO_ROWS)).forward(inputs, false);

      double expected = own.loss().value().toFloatArray()[0];
      assertThat((double) chunked.loss().value().toFloatArray()[0])
          .isCloseTo(expected, within(1e-5 * expected));
      assertThat(chunked.arrays()).isEmpty();
    }
  }

  @Test
  void whereNoLabelCountsThereIsNoLossAndNoGradient() {
    long[] ignored = new long[18];
    Arrays.fill(ignored, -100);
    try (PretrainedModel model = model("llama", false);
        Autograd.Recording on = Autograd.record(true);
        ArrayScope scope = ArrayScope.open();
        Autograd autograd = new Autograd()) {
      ModelInputs inputs =
          inputs(model.manager()).with("labels", model.manager().create(ignored, new Shape(2, 9)));
      LossOutput loss =
          model.withTokenLoss(TokenLoss.of(Kind.CHUNKED_NLL)).forward(inputs, true).loss();
      autograd.backward(loss.value());

      assertThat(loss.weight()).isZero();
      assertThat(loss.value().toFloatArray()[0]).isZero();
      for (NamedParameter parameter : model.parameters()) {
        assertThat(parameter.array().getGradient().toFloatArray()).containsOnly(0);
      }
    }
  }

  @Test
  void aClassifierForetellsNoToken() {
    Map<String, Object> config =
        Map.of(
            "model_type",
            "bert",
            "vocab_size",
            50,
            "hidden_size",
            16,
            "num_hidden_layers",
            1,
            "num_attention_heads",
            2,
            "intermediate_size",
            16);
    try (PretrainedModel model =
        AutoModels.fromConfig(
            PretrainedConfig.of(config), Task.SEQUENCE_CLASSIFICATION, ParityModels.cpu())) {
      assertThatThrownBy(() -> model.withTokenLoss(TokenLoss.of(Kind.NLL)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("foretells no next token");
    }
  }
}
