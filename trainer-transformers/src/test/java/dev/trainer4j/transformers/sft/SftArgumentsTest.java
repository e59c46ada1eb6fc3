// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.args.InvalidArgumentsException;
import dev.trainer4j.args.TrainingArguments;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class SftArgumentsTest {

  @Test
  void trainingArgumentsHaveTheDefaultsOfTrl() {
    TrainingArguments training = SftArguments.builder().build().training();

    assertThat(training.learningRate()).isEqualTo(2e-5);
    assertThat(training.loggingSteps()).isEqualTo(10);
    assertThat(training.gradientCheckpointing()).isTrue();
    assertThat(training.numTrainEpochs()).isEqualTo(3);
  }

  @Test
  void oneFileHoldsTrainingArgumentsAndThoseOfSft() {
    SftArguments args =
        SftArguments.fromMap(Map.of("num_train_epochs", 1, "packing", true, "max_length", 64));

    assertThat(args.training().numTrainEpochs()).isEqualTo(1);
    assertThat(args.training().learningRate()).isEqualTo(2e-5);
    assertThat(args.packing()).isTrue();
    assertThat(args.maxLength()).hasValue(64);
  }

  @Test
  void nullInAFileMeansNoLimitOfLength() {
    Map<String, Object> values = new HashMap<>();
    values.put("max_length", null);
    values.put("loss_type", null);

    SftArguments args = SftArguments.fromMap(values);

    assertThat(args.maxLength()).isEmpty();
    assertThat(args.lossType()).isEqualTo(LossType.CHUNKED_NLL);
  }

  @Test
  void whatAFileSaysReadsBackEqual() {
    SftArguments args =
        SftArguments.builder()
            .training(t -> t.learningRate(1e-3).gradientCheckpointing(false))
            .maxLength(OptionalInt.empty())
            .skipPrepareDataset(true)
            .build();

    assertThat(SftArguments.fromMap(args.toMap())).isEqualTo(args);
  }

  @Test
  void aCommandLineSetsBothKinds() {
    SftArguments args =
        SftArguments.fromCommandLine(
            "--packing", "--packing_strategy", "bfd-requeue", "--learning_rate", "2e-4");

    assertThat(args.packingStrategy()).isEqualTo(PackingStrategy.BFD_SPLIT);
    assertThat(args.training().learningRate()).isEqualTo(2e-4);
    assertThat(args.packsEvaluation()).isTrue();
  }

  @Test
  void whatIsNotSupportedIsRefusedByName() {
    assertThatThrownBy(
            () ->
                SftArguments.fromMap(
                    Map.of(
                        "trust_remote_code",
                        true,
                        "model_init_kwargs",
                        Map.of(),
                        "router_aux_loss_coef",
                        0.1,
                        "activation_offloading",
                        true)))
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContainingAll(
            "trust_remote_code",
            "model_init_kwargs",
            "router_aux_loss_coef",
            "activation_offloading");
  }

  @Test
  void argumentsThatContradictEachOtherAreAllNamed() {
    assertThatThrownBy(
            () ->
                SftArguments.builder()
                    .packing(true)
                    .maxLength(OptionalInt.empty())
                    .lossType(LossType.NLL)
                    .lossChunkSize("1MB")
                    .datasetKwargs(Map.of("add_special_tokens", false))
                    .build())
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContainingAll("maxLength", "lossChunkSize", "datasetKwargs");
  }
}
