// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.PassConditions;
import dev.trainer4j.model.TrainingPass;
import dev.trainer4j.model.TrainingPasses;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is computed again is the same to the bit, dropout included. */
class GradientCheckpointingTest {

  private static final Map<String, Object> BERT =
      Map.of(
          "model_type", "bert",
          "vocab_size", 50,
          "hidden_size", 16,
          "num_hidden_layers", 3,
          "num_attention_heads", 2,
          "intermediate_size", 32,
          "hidden_dropout_prob", 0.2,
          "attention_probs_dropout_prob", 0.2);

  private static final Map<String, Object> GPT2 =
      Map.of(
          "model_type", "gpt2",
          "vocab_size", 50,
          "n_embd", 16,
          "n_layer", 3,
          "n_head", 2,
          "n_positions", 32,
          "embd_pdrop", 0.2,
          "attn_pdrop", 0.2,
          "resid_pdrop", 0.2);

  private static final Map<String, Object> LLAMA =
      Map.of(
          "model_type", "llama",
          "vocab_size", 50,
          "hidden_size", 16,
          "num_hidden_layers", 3,
          "num_attention_heads", 2,
          "num_key_value_heads", 1,
          "intermediate_size", 32);

  /** Its segments pass on the biases of distances beside the hidden states, and the memory. */
  private static final Map<String, Object> T5 =
      Map.of(
          "model_type", "t5",
          "vocab_size", 50,
          "d_model", 16,
          "d_kv", 8,
          "d_ff", 32,
          "num_layers", 2,
          "num_heads", 2,
          "decoder_start_token_id", 0,
          "dropout_rate", 0.2);

  private static final Map<String, Object> BART =
      Map.ofEntries(
          Map.entry("model_type", "bart"),
          Map.entry("vocab_size", 50),
          Map.entry("d_model", 16),
          Map.entry("encoder_layers", 2),
          Map.entry("decoder_layers", 2),
          Map.entry("encoder_attention_heads", 2),
          Map.entry("decoder_attention_heads", 2),
          Map.entry("encoder_ffn_dim", 32),
          Map.entry("decoder_ffn_dim", 32),
          Map.entry("max_position_embeddings", 32),
          Map.entry("decoder_start_token_id", 2),
          Map.entry("dropout", 0.2),
          Map.entry("attention_dropout", 0.2));

  private static final Map<String, Map<String, Object>> CONFIGS =
      Map.of("bert", BERT, "gpt2", GPT2, "llama", LLAMA, "t5", T5, "bart", BART);

  @TempDir Path outputDir;

  private static Task task(String family) {
    return switch (family) {
      case "bert" -> Task.MASKED_LM;
      case "t5", "bart" -> Task.SEQ2SEQ_LM;
      default -> Task.CAUSAL_LM;
    };
  }

  private record Run(Map<String, float[]> weights, List<Double> losses) {}

  private static final DataCollator<Integer> BATCHES =
      (samples, manager) -> {
        long[] ids = new long[4 * 8];
        long[] mask = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = 3 + (7L * i + 11L * samples.get(0)) % 40;
          mask[i] = i % 8 < 5 + i / 8 ? 1 : 0;
        }
        Shape shape = new Shape(4, 8);
        return ModelInputs.of(
            Map.of(
                "input_ids", manager.create(ids, shape),
                "attention_mask", manager.create(mask, shape),
                "labels", manager.create(ids, shape)));
      };

  private Run train(
      Map<String, Object> config, Task task, Consumer<TrainingArguments.Builder> more) {
    TrainingArguments.Builder args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .useCpu(true)
            .numTrainEpochs(1)
            .perDeviceTrainBatchSize(1)
            .learningRate(1e-2)
            .loggingSteps(1)
            .saveStrategy(IntervalStrategy.NO);
    more.accept(args);
    try (PretrainedModel model =
            AutoModels.fromConfig(
                PretrainedConfig.of(new HashMap<>(config)), task, ParityModels.cpu().withSeed(3));
        Trainer trainer =
            Trainer.builder(model, args.build())
                .trainDataset(Datasets.of(IntStream.range(0, 8).boxed().toList()))
                .dataCollator(BATCHES)
                .build()) {
      trainer.train();
      Map<String, float[]> weights = new LinkedHashMap<>();
      for (Map.Entry<String, NDArray> tensor : model.state().entrySet()) {
        weights.put(tensor.getKey(), tensor.getValue().toFloatArray());
      }
      List<Double> losses =
          trainer.state().logHistory().stream()
              .flatMap(line -> line.value("loss").stream().boxed())
              .toList();
      return new Run(weights, losses);
    }
  }

  /** In backward, all segments but the last run a second time. */
  @Test
  void runsSegmentsAgain() {
    try (PretrainedModel model =
            AutoModels.fromConfig(
                PretrainedConfig.of(new HashMap<>(LLAMA)), Task.CAUSAL_LM, ParityModels.cpu());
        ArrayScope scope = ArrayScope.open();
        TrainingPass pass = TrainingPasses.choose(new PassConditions(model, true, false, null));
        Autograd autograd = new Autograd();
        Autograd.Recording on = Autograd.record(true)) {
      NDArray first = model.state().get("model.embed_tokens.weight");
      ModelInputs inputs = BATCHES.collate(List.of(1), model.manager());
      pass.begin(1);
      LossOutput loss = pass.model().forward(inputs, true).loss();
      assertThat(loss).isNotNull();
      autograd.backward(loss.value());
      pass.end();
      // The loss's own backward pass ends at the last segment.
      assertThat(first.getGradient().abs().sum().getFloat()).isZero();
      pass.begin(1);
      LossOutput again = pass.model().forward(inputs, true).loss();
      assertThat(again).isNotNull();
      pass.backward(again.value(), 1);
      assertThat(first.getGradient().abs().sum().getFloat()).isPositive();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert, true, fp32", "bert, true, bf16", "bert, false, fp32",
    "gpt2, true, fp32", "gpt2, true, fp16", "gpt2, false, bf16",
    "llama, false, fp32", "llama, false, bf16"
  })
  void trainsTheSameWeights(String family, boolean tied, String type) {
    Map<String, Object> config = new HashMap<>(CONFIGS.get(family));
    config.put("tie_word_embeddings", tied);
    Task task = task(family);
    Consumer<TrainingArguments.Builder> typed =
        args ->
            args.bf16(type.equals("bf16"))
                .fp16(type.equals("fp16"))
                // A tied tensor gets two gradients, whose sum with that of another micro batch
                // depends on the order.
                .gradientAccumulationSteps(tied ? 1 : 2);

    Run whole = train(config, task, typed);
    Run again = train(config, task, typed.andThen(args -> args.gradientCheckpointing(true)));

    assertThat(again.losses()).hasSize(tied ? 8 : 4).isEqualTo(whole.losses());
    assertThat(whole.losses().get(3)).isNotEqualTo(whole.losses().get(0));
    assertThat(again.weights().keySet()).isEqualTo(whole.weights().keySet());
    whole
        .weights()
        .forEach(
            (name, values) -> assertThat(again.weights().get(name)).as(name).isEqualTo(values));
  }

  /**
   * The memory, the biases of distances and the shared embedding get a gradient of each layer or
   * use, and probably the order in which these are added up is another: the sums differ in their last bits.
   */
  @ParameterizedTest
  @CsvSource({
    "t5, true, fp32",
    "t5, false, fp32",
    "t5, true, bf16",
    "bart, true, fp32",
    "bart, true, bf16"
  })
  void segmentsThatPassSeveralArraysGiveTheSameLossesToTheLastBits(
      String family, boolean tied, String type) {
    Map<String, Object> config = new HashMap<>(CONFIGS.get(family));
    config.put("tie_word_embeddings", tied);
    Consumer<TrainingArguments.Builder> typed = args -> args.bf16(type.equals("bf16"));
    Run whole = train(config, task(family), typed);
    Run again =
        train(config, task(family), typed.andThen(args -> args.gradientCheckpointing(true)));
    assertThat(again.losses()).hasSize(8);
    assertThat(whole.losses().get(3)).isNotEqualTo(whole.losses().get(0));
    for (int i = 0; i < 8; i++) {
      // A last bit can become one of bfloat16, of 8 bits, in the next update.
      assertThat(again.losses().get(i))
          .as("update %d", i + 1)
          .isCloseTo(whole.losses().get(i), within(type.equals("bf16") ? 1e-2 : 1e-5));
    }
  }
}
