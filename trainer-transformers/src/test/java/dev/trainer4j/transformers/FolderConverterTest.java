// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.SafetensorsType;
import dev.trainer4j.checkpoint.SafetensorsWriter;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FolderConverterTest {

  private static final Path PICKLED = ParityModels.ownFolder().resolveSibling("pytorch");

  @TempDir Path out;

  /** The loader of models reads both formats by itself. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gpt2-shards-half", "bert-bfloat16"})
  void pickledWeightsAreTheSameAsSafetensors(String name) throws IOException {
    Path in = PICKLED.resolve(name);

    ConvertedWeights converted = FolderConverter.convert(in, out, SaveOptions.defaults());

    assertThat(out.resolve("model.safetensors")).exists();
    assertThat(converted.bytesAfter()).isLessThanOrEqualTo(converted.bytesBefore());
    LoadOptions options = ParityModels.cpu();
    try (PretrainedModel before = AutoModels.load(in, options);
        PretrainedModel after = AutoModels.load(out, options)) {
      assertThat(after.state().keySet()).isEqualTo(before.state().keySet());
      before
          .state()
          .forEach(
              (tensor, array) ->
                  assertThat(numbers(after.state().get(tensor)))
                      .as(tensor)
                      .isEqualTo(numbers(array)));
    }
  }

  private static float[] numbers(NDArray array) {
    try (NDArray wide = Bfloat16.toFloat32(array, array.getManager())) {
      return wide.toFloatArray();
    }
  }

  /** As transformers keeps them, since they overflow. */
  @Test
  void someWeightsOfT5StayFloat32() throws IOException {
    ConvertedWeights unused =
        FolderConverter.convert(
            ParityModels.folder("t5-v1.0"), out, SaveOptions.defaults().withDtype(Dtype.FLOAT16));

    assertThat(unused.tensors()).isPositive();
    try (ModelTensors tensors = ModelTensors.open(out)) {
      for (String name : tensors.names()) {
        assertThat(tensors.info(name).type())
            .as(name)
            .isEqualTo(name.endsWith(".wo.weight") ? SafetensorsType.F32 : SafetensorsType.F16);
      }
    }
    assertThat(PretrainedConfig.read(out).dtype()).hasValue(Dtype.FLOAT16);
  }

  @Test
  void aValueBeyondFloat16IsNamedAndNotMadeInfinite(@TempDir Path in) throws IOException {
    try (PretrainedModel model = ParityModels.load("gpt2")) {
      NDArray large = model.manager().create(new float[] {1, 70_000, -65_000});
      SafetensorsWriter.write(in.resolve("model.safetensors"), Map.of("w", large));
    }

    assertThatThrownBy(
            () -> FolderConverter.convert(in, out, SaveOptions.defaults().withDtype(Dtype.FLOAT16)))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("1 values of tensor w are beyond the 65504 of float16");
    assertThat(Files.exists(out.resolve("model.safetensors"))).isFalse();
  }
}
