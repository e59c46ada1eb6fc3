// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.PaddingCollator;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Batches whose padding is left out, against the texts one by one and against the padded batch. */
class UnpaddingTest {

  private static final int LENGTH = 12;
  private static final int[] TOKENS = {12, 5, 1, 8};

  @TempDir Path outputDir;

  /** A loss, its weight, gradients by parameter, and logits if there are any. */
  private record Pass(double loss, double weight, Map<String, float[]> gradients, float[] logits) {}

  private interface Inputs {
    ModelInputs make(NDManager manager);
  }

  private static Pass run(String name, boolean lossOnly, Inputs make) throws IOException {
    try (PretrainedModel model = ParityModels.load(name);
        Autograd.Recording on = Autograd.record(true);
        Autograd autograd = new Autograd();
        ArrayScope scope = ArrayScope.open()) {
      TrainableModel view = lossOnly ? model.lossOnly() : model;
      ModelOutput output = view.forward(make.make(model.manager()), true);
      LossOutput loss = output.loss();
      autograd.backward(loss.value());
      Map<String, float[]> gradients = new LinkedHashMap<>();
      for (NamedParameter parameter : model.parameters()) {
        gradients.put(parameter.name(), parameter.array().getGradient().toFloatArray());
      }
      float[] logits = output.arrays().isEmpty() ? new float[0] : output.logits().toFloatArray();
      return new Pass(loss.value().getFloat(), loss.weight(), gradients, logits);
    }
  }

  /** Rows of {@link #TOKENS} tokens in places of 12, padded on the right or on the left. */
  private static ModelInputs batch(NDManager manager, boolean left, long labelOfPadding) {
    long[] ids = new long[TOKENS.length * LENGTH];
    long[] mask = new long[ids.length];
    long[] labels = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      int place = i % LENGTH;
      int tokens = TOKENS[i / LENGTH];
      boolean seen = left ? place >= LENGTH - tokens : place < tokens;
      mask[i] = seen ? 1 : 0;
      ids[i] = seen ? 3 + (7L * i) % 40 : 0;
      // Padding foretells the first token of a text that it stands before.
      labels[i] = seen && !(left && place == LENGTH - tokens) ? ids[i] : labelOfPadding;
    }
    Shape shape = new Shape(TOKENS.length, LENGTH);
    return ModelInputs.of("input_ids", manager.create(ids, shape))
        .with("attention_mask", manager.create(mask, shape))
        .with("labels", manager.create(labels, shape));
  }

  private static void assertSame(Pass actual, Pass expected) {
    assertThat(actual.weight()).isEqualTo(expected.weight());
    assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-5 * expected.loss()));
    assertThat(actual.gradients().keySet()).isEqualTo(expected.gradients().keySet());
    actual
        .gradients()
        .forEach(
            (name, gradient) ->
                assertThat(gradient)
                    .as(name)
                    .containsExactly(expected.gradients().get(name), within(2e-4f)));
  }

  @ParameterizedTest
  @CsvSource({"llama, false", "llama, true", "gpt2, false", "qwen2-window, false", "gemma, true"})
  void lossAndGradientsAreThoseOfThePaddedBatchAndThereAreNoLogits(String name, boolean left)
      throws IOException {
    Pass padded = run(name, false, manager -> batch(manager, left, -100));
    Pass unpadded = run(name, true, manager -> batch(manager, left, -100));
    assertSame(unpadded, padded);
    assertThat(unpadded.logits()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0, llama", "3, llama", "12, llama", "3, gpt2"})
  void withoutPaddingTheLossOfSomeTokensIsThatOfAllLogits(int trained, String name)
      throws IOException {
    Inputs some =
        manager -> {
          ModelInputs all = batch(manager, false, -100).without("attention_mask");
          NDArray labels = all.get("input_ids").duplicate();
          if (trained < LENGTH) {
            labels.set(new NDIndex(":," + trained + ":"), -100);
          }
          return all.with("labels", labels);
        };
    Pass whole = run(name, false, some);
    Pass fewer = run(name, true, some);
    assertSame(fewer, whole);
    assertThat(fewer.weight()).isEqualTo(TOKENS.length * Math.max(0, trained - 1));
    assertThat(whole.logits()).isNotEmpty();
    assertThat(fewer.logits().length == 0)
        .as("few enough labels count")
        .isEqualTo(trained < LENGTH);
  }

  @Test
  void theLossIsTheSumOfThoseOfTheTextsAlone() throws IOException {
    double sum = 0;
    for (int row = 0; row < TOKENS.length; row++) {
      String index = row + ":" + (row + 1) + ",0:" + TOKENS[row];
      Inputs alone =
          manager -> {
            NDArray ids = batch(manager, false, -100).get("input_ids").get(index);
            return ModelInputs.of(Map.of("input_ids", ids, "labels", ids));
          };
      sum += run("llama", false, alone).loss();
    }
    assertThat(run("llama", true, manager -> batch(manager, false, -100)).loss())
        .isCloseTo(sum, within(1e-4));
  }

  @Test
  void aTrainerLeavesPaddingOutUnlessALossOfTheUsersMayLookAtItsLogits() throws IOException {
    assertThat(lossOfTraining(builder -> {})).isFinite();
    assertThat(
            lossOfTraining(
                builder ->
                    builder.computeLossFunc(
                        (outputs, inputs) -> Objects.requireNonNull(outputs.loss()))))
        .isNaN();
  }

  /** Of a model in which the token that fills up is no number: whoever computes its place has no number either. */
  private double lossOfTraining(Consumer<Trainer.Builder> settings) throws IOException {
    try (PretrainedModel model = ParityModels.load("llama")) {
      try (ArrayScope scope = ArrayScope.open();
          Autograd.Recording off = Autograd.record(false)) {
        model.state().get("model.embed_tokens.weight").set(new NDIndex("0"), Float.NaN);
      }
      TrainingArguments args =
          TrainingArguments.builder()
              .outputDir(outputDir)
              .useCpu(true)
              .maxSteps(1)
              .perDeviceTrainBatchSize(TOKENS.length)
              .nanPolicy(NanPolicy.CONTINUE)
              .saveStrategy(IntervalStrategy.NO)
              .build();
      List<Map<String, Object>> rows = new ArrayList<>();
      for (int tokens : TOKENS) {
        int[] ids = IntStream.range(3, 3 + tokens).toArray();
        rows.add(Map.of("input_ids", ids, "labels", ids));
      }
      Trainer.Builder builder =
          Trainer.builder(model, args)
              .trainDataset(Datasets.of(rows))
              .dataCollator(
                  PaddingCollator.builder()
                      .sequenceFields("input_ids", "labels")
                      .attentionMask("attention_mask", "input_ids")
                      .build());
      settings.accept(builder);
      try (Trainer trainer = builder.build()) {
        return trainer.train().trainingLoss();
      }
    }
  }

  @Test
  void paddingWhoseOutputCountsIsComputed() throws IOException {
    Pass padded = run("llama", false, manager -> batch(manager, false, 0));
    Pass unpadded = run("llama", true, manager -> batch(manager, false, 0));
    assertThat(unpadded.loss()).isEqualTo(padded.loss());
    assertThat(unpadded.logits()).isEqualTo(padded.logits());
  }

  @Test
  void withoutLabelsAndOutsideOfTrainingEverythingIsComputed() throws IOException {
    try (PretrainedModel model = ParityModels.load("llama");
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = batch(model.manager(), false, -100);
      ModelInputs unlabelled =
          ModelInputs.of(
              Map.of(
                  "input_ids", inputs.get("input_ids"),
                  "attention_mask", inputs.get("attention_mask")));
      float[] all = model.forward(inputs, false).logits().toFloatArray();
      PretrainedModel view = model.lossOnly();
      assertThat(view.forward(inputs, false).logits().toFloatArray()).isEqualTo(all);
      assertThat(view.forward(unlabelled, true).logits().toFloatArray())
          .isEqualTo(model.forward(unlabelled, true).logits().toFloatArray());
    }
  }

  @Test
  void noiseKeepsThePaddingWhicheverViewIsMadeFirst() throws IOException {
    try (PretrainedModel model = ParityModels.load("llama");
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = batch(model.manager(), false, -100);
      List<float[]> logits = new ArrayList<>();
      for (TrainableModel view :
          List.of(
              model.withEmbeddingNoise(5),
              model.withEmbeddingNoise(5).lossOnly(),
              model.lossOnly().withEmbeddingNoise(5))) {
        logits.add(Seeds.with(7, () -> view.forward(inputs, true).logits().toFloatArray()));
      }
      assertThat(logits.get(1)).isEqualTo(logits.get(0));
      assertThat(logits.get(2)).isEqualTo(logits.get(0));
    }
  }
}
