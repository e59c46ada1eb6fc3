// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Small models against the figures of transformers: outputs, loss, gradients, ten updates. */
@Tag("parity")
class PretrainedParityTest {

  private static final double RELATIVE = 1e-4;

  /**
   * Some gradients are zero by mathematics (a bias of keys shifts all scores alike), and noise in
   * fact: they are held to the scale of the largest.
   */
  private static final double NOISE = 1e-6;

  @TempDir Path outputDir;

  static Stream<String> models() throws IOException {
    return ParityModels.all().stream().filter(name -> ModelFamilies.supports(config(name)));
  }

  @Test
  void everyFolderOfTheFiguresIsCompared() throws IOException {
    assertThat(ParityModels.all()).isNotEmpty();
    assertThat(models()).containsExactlyElementsOf(ParityModels.all());
  }

  @Test
  @DisabledIfSystemProperty(
      named = "parity.dir",
      matches = ".+",
      disabledReason = "the list is of the figures in the test resources, and others were given")
  void noModelOfTheFiguresIsLeftOut() throws IOException {
    assertThat(models())
        .contains(
            "bart",
            "bart-classify",
            "bart-qa",
            "bart-regression",
            "bart-scaled",
            "bert-choice",
            "bert-classify",
            "bert-mlm",
            "bert-qa",
            "bert-token",
            "distilbert-choice",
            "distilbert-classify",
            "gemma",
            "gpt2",
            "llama",
            "llama-dynamic",
            "llama-linear",
            "llama-yarn",
            "llama3-rope",
            "mistral",
            "qwen2",
            "qwen2-window",
            "qwen3",
            "roberta-choice",
            "roberta-classify",
            "t5",
            "t5-untied",
            "t5-v1.0");
  }

  private static PretrainedConfig config(String name) {
    try {
      return PretrainedConfig.read(ParityModels.folder(name));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void outputsLossAndGradientsEqualThoseOfTransformers(String name) throws IOException {
    JsonNode golden = ParityModels.golden(name);
    try (PretrainedModel model = ParityModels.load(name);
        Autograd.Recording on = Autograd.record(true);
        Autograd autograd = new Autograd();
        ArrayScope scope = ArrayScope.open()) {
      ModelOutput output = model.forward(ParityModels.inputs(name, model.manager()), true);
      for (Map.Entry<String, NDArray> expected :
          ParityModels.arrays(name, "output.", model.manager()).entrySet()) {
        assertClose(expected.getKey(), output.get(expected.getKey()), expected.getValue());
      }
      LossOutput loss = output.loss();
      assertThat(loss).isNotNull();
      double mean = loss.value().getFloat() / loss.weight();
      assertThat(mean)
          .isCloseTo(
              golden.get("loss").asDouble(), within(golden.get("loss").asDouble() * RELATIVE));
      autograd.backward(loss.value());
      assertGradients(model, golden.get("grad_norms"), loss.weight());
    }
  }

  private static void assertClose(String what, NDArray actual, NDArray expected) {
    assertThat(actual.getShape()).as(what).isEqualTo(expected.getShape());
    float[] values = actual.toFloatArray();
    float[] wanted = expected.toFloatArray();
    double scale = expected.abs().max().getFloat();
    for (int i = 0; i < wanted.length; i++) {
      assertThat((double) values[i])
          .as("%s[%d]", what, i)
          .isCloseTo(wanted[i], within(RELATIVE * scale));
    }
  }

  private static void assertGradients(PretrainedModel model, JsonNode golden, double weight) {
    double largest = 0;
    for (JsonNode norm : golden) {
      largest = Math.max(largest, norm.asDouble());
    }
    assertThat(model.parameters().stream().map(NamedParameter::name).toList())
        .containsExactlyInAnyOrderElementsOf(golden::fieldNames);
    for (NamedParameter parameter : model.parameters()) {
      double expected = golden.get(parameter.name()).asDouble();
      double norm = parameter.array().getGradient().norm().getFloat() / weight;
      assertThat(norm)
          .as(parameter.name())
          .isCloseTo(expected, within(RELATIVE * expected + NOISE * largest));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void tenUpdatesOfTheTrainerGiveTheLossesOfPyTorch(String name) throws IOException {
    List<JsonNode> batches = ParityModels.trainBatches(name);
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .useCpu(true)
            .numTrainEpochs(1)
            .perDeviceTrainBatchSize(1)
            .trainSamplingStrategy(SamplingStrategy.SEQUENTIAL)
            .learningRate(1e-3)
            .lrSchedulerType(SchedulerType.CONSTANT)
            .maxGradNorm(1.0)
            .loggingSteps(1)
            .saveStrategy(IntervalStrategy.NO)
            .build();
    // A sample of the data set is one batch of the figures.
    DataCollator<JsonNode> whole =
        (samples, manager) -> ParityModels.inputs(samples.get(0), manager);
    try (PretrainedModel model = ParityModels.load(name);
        Trainer trainer =
            new PlainAdamW(
                Trainer.builder(model, args)
                    .trainDataset(Datasets.of(batches))
                    .dataCollator(whole))) {
      trainer.train();
      List<Double> losses =
          trainer.state().logHistory().stream()
              .filter(entry -> entry.values().containsKey("loss"))
              .map(entry -> entry.values().get("loss"))
              .toList();
      JsonNode golden = ParityModels.golden(name).get("train_losses_adamw_lr1e-3_clip1");
      assertThat(losses).hasSize(golden.size());
      for (int i = 0; i < losses.size(); i++) {
        double expected = golden.get(i).asDouble();
        assertThat(losses.get(i))
            .as("update %d", i + 1)
            .isCloseTo(expected, within(RELATIVE * expected));
      }
    }
  }
}
