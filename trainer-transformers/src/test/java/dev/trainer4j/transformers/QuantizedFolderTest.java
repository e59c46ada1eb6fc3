// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.ArrayScope;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders that transformers and bitsandbytes wrote ({@code quantized.py} beside them), with what bitsandbytes makes
 * of them: {@code expected.safetensors} has values of weights and the logits of a model that has these.
 */
class QuantizedFolderTest {

  private static final long[] IDS = {1, 5, 9, 12, 13, 7, 2, 3, 4, 4, 8, 15, 14, 6};

  @TempDir Path folder;

  static Path golden(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(QuantizedFolderTest.class.getResource("quantized/" + name))
              .toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static LoadOptions exact(QuantizationConfig config) {
    return ParityModels.cpu().withQuantization(config.withComputeDtype(Dtype.FLOAT32));
  }

  private static QuantizationConfig configOf(String name) {
    return switch (name) {
      case "int8" -> QuantizationConfig.builder().loadIn8bit(true).build();
      case "fp4" -> QuantizationConfig.builder().loadIn4bit(true).bnb4bitQuantType("fp4").build();
      case "nf4-storage" -> QuantizationConfig.builder().loadIn4bit(true).build();
      default -> QuantizationConfig.builder().loadIn4bit(true).bnb4bitUseDoubleQuant(true).build();
    };
  }

  private static float[] logits(TrainableModel model) {
    try (ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs =
          ModelInputs.of("input_ids", model.manager().create(IDS, new Shape(2, 7)));
      return model.forward(inputs, false).logits().toFloatArray();
    }
  }

  private static float[] expected(String name, String tensor) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(golden(name).resolve("expected.safetensors"));
        NDManager manager = NDManager.newBaseManager()) {
      return file.read(tensor, manager).toFloatArray();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nf4-double, model.layers.0.mlp.down_proj.weight",
    "nf4-storage, model.layers.0.mlp.down_proj.weight",
    "fp4, model.layers.0.mlp.down_proj.weight",
    "int8, model.layers.0.mlp.down_proj.weight",
    "gpt2-nf4, transformer.h.0.attn.c_attn.weight"
  })
  void aFolderIsReadAsBitsandbytesReadsIt(String name, String weight) throws IOException {
    try (PretrainedModel model = AutoModels.causalLm(golden(name), exact(configOf(name)))) {
      assertThat(model.quantization()).isPresent();
      assertThat(logits(model)).containsExactly(expected(name, "logits"), offset(2e-5f));
      try (NDManager owner = model.manager().newSubManager()) {
        NDArray values = model.weights().values(weight, owner);
        if (name.startsWith("gpt2")) {
          values = values.transpose();
        }
        assertThat(values.toFloatArray())
            .containsExactly(expected(name, weight), offset(name.equals("int8") ? 1e-7f : 0f));
      }
      float[] quantized = logits(model);
      model.dequantize();
      assertThat(model.quantization()).isEmpty();
      assertThat(logits(model)).containsExactly(quantized, offset(2e-5f));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"nf4-double", "nf4-storage", "fp4", "int8", "gpt2-nf4"})
  void aFolderIsWrittenAsItWasToTheByte(String name) throws IOException {
    try (PretrainedModel model = AutoModels.causalLm(golden(name), ParityModels.cpu())) {
      model.save(folder);
    }
    assertThat(folder.resolve("model.safetensors"))
        .hasSameBinaryContentAs(golden(name).resolve("model.safetensors"));
    assertThat(folder.resolve("config.json"))
        .hasSameTextualContentAs(golden(name).resolve("config.json"));
  }

  @ParameterizedTest
  @CsvSource({"plain, nf4-double", "plain, fp4", "plain, int8", "gpt2-plain, gpt2-nf4"})
  void aModelIsQuantizedWhileItIsLoadedToTheBytesOfBitsandbytes(String plain, String name)
      throws IOException {
    try (PretrainedModel model = AutoModels.causalLm(golden(plain), exact(configOf(name)))) {
      model.save(folder);
    }
    assertThat(folder.resolve("model.safetensors"))
        .hasSameBinaryContentAs(golden(name).resolve("model.safetensors"));
    assertThat(folder.resolve("config.json"))
        .hasSameTextualContentAs(golden(name).resolve("config.json"));
    assertThat(Files.list(folder)).hasSize(2);
  }
}
