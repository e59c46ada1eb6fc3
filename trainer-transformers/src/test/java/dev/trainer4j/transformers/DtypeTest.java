// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Weights of 16 bits, in memory and in files. {@code parity/dtype/dtype.json} holds what transformers saves
 * and computes of the same models; {@code dtype.py} beside it wrote it.
 */
class DtypeTest {

  @TempDir Path temporary;

  static JsonNode figures() throws IOException {
    return new ObjectMapper().readTree(DtypeTest.class.getResource("/parity/dtype/dtype.json"));
  }

  static Stream<Arguments> models() throws IOException {
    List<Arguments> all = new ArrayList<>();
    figures()
        .fieldNames()
        .forEachRemaining(
            name ->
                Stream.of(Dtype.BFLOAT16, Dtype.FLOAT16)
                    .forEach(dtype -> all.add(Arguments.of(name, dtype))));
    return all.stream();
  }

  static PretrainedModel load(String name, LoadOptions options) throws IOException {
    return AutoModels.load(ParityModels.ownFolder().resolve(name), task(name), options);
  }

  private static Task task(String name) throws IOException {
    return Task.of(PretrainedConfig.read(ParityModels.ownFolder().resolve(name)));
  }

  private static LoadOptions of(Dtype dtype) {
    return ParityModels.cpu().withDtype(dtype);
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void aFloat32ModelSavedIn16BitsIsTheFileOfTransformersByteForByte(String name, Dtype dtype)
      throws IOException {
    JsonNode expected = figures().get(name).get(dtype.name());
    try (PretrainedModel model = load(name, ParityModels.cpu())) {
      model.save(temporary, SaveOptions.defaults().withDtype(dtype));
      assertThat(model.dtype()).isEqualTo(Dtype.FLOAT32);
      assertThat(model.config().text("dtype")).contains("float32");
    }
    assertThat(sha256(temporary.resolve("model.safetensors")))
        .isEqualTo(expected.get("sha256").asText());
    assertThat(PretrainedConfig.read(temporary).text("dtype"))
        .contains(expected.get("dtype").asText());
  }

  @ParameterizedTest
  @MethodSource("models")
  void aFolderOf16BitsLoadedAsItIsComesBackByteForByte(String name, Dtype dtype)
      throws IOException {
    Path folder = saved(name, dtype);
    Path again = temporary.resolve("again");
    try (PretrainedModel model =
        AutoModels.load(folder, task(name), ParityModels.cpu().withAutoDtype())) {
      assertThat(model.dtype()).isEqualTo(dtype);
      model.save(again);
    }
    for (String file : List.of("model.safetensors", "config.json")) {
      assertThat(again.resolve(file)).hasSameBinaryContentAs(folder.resolve(file));
    }
  }

  /** Writes a folder in a type; that it is the one of transformers has a test of its own. */
  private Path saved(String name, Dtype dtype) throws IOException {
    Path folder = temporary.resolve(name);
    try (PretrainedModel model = load(name, ParityModels.cpu())) {
      model.save(folder, SaveOptions.defaults().withDtype(dtype));
    }
    return folder;
  }

  @ParameterizedTest
  @MethodSource("models")
  void logitsAreFloat32AndStrayNoFurtherThanThoseOfTransformers(String name, Dtype dtype)
      throws IOException {
    double theirs = figures().get(name).get(dtype.name()).get("distance").asDouble();
    float[] wide = logits(name, of(Dtype.FLOAT32));
    float[] narrow = logits(name, of(dtype));
    double distance = 0;
    for (int i = 0; i < wide.length; i++) {
      distance = Math.max(distance, Math.abs(wide[i] - narrow[i]));
    }
    // Twice, because roundings fall differently where operators are fused differently.
    assertThat(distance).isPositive().isLessThan(2 * theirs);
  }

  private static float[] logits(String name, LoadOptions options) throws IOException {
    try (PretrainedModel model = load(name, options);
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = ParityModels.inputs(name, model.manager());
      List<Float> values = new ArrayList<>();
      model
          .forward(inputs, false)
          .arrays()
          .forEach(
              (output, array) -> {
                assertThat(array.getDataType()).as(output).isEqualTo(DataType.FLOAT32);
                for (float value : array.toFloatArray()) {
                  values.add(value);
                }
              });
      float[] all = new float[values.size()];
      for (int i = 0; i < all.length; i++) {
        all[i] = values.get(i);
      }
      return all;
    }
  }

  @Test
  void savedBfloat16IsRoundedToNearestWithTiesToEven() throws IOException {
    Path folder = saved("bert-classify", Dtype.BFLOAT16);
    try (PretrainedModel model = load("bert-classify", ParityModels.cpu());
        ModelTensors file = ModelTensors.open(folder)) {
      assertThat(file.names()).hasSameElementsAs(model.state().keySet());
      for (String name : file.names()) {
        float[] exact = model.state().get(name).toFloatArray();
        ByteBuffer bytes = file.bytes(name);
        for (float value : exact) {
          int bits = Float.floatToRawIntBits(value);
          int rounded = (bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16;
          assertThat(bytes.getShort() & 0xFFFF).as(name).isEqualTo(rounded);
        }
        assertThat(bytes.hasRemaining()).isFalse();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = Dtype.class, names = "FLOAT32", mode = EnumSource.Mode.EXCLUDE)
  void weightsOf16BitsTakeHalfTheBytes(Dtype dtype) throws IOException {
    try (PretrainedModel wide = load("llama", of(Dtype.FLOAT32));
        PretrainedModel narrow = load("llama", of(dtype))) {
      assertThat(narrow.state().values())
          .allMatch(array -> dtype == Dtype.BFLOAT16 ? Bfloat16.is(array) : bytes(array) == 2);
      wide.save(temporary.resolve("wide"));
      narrow.save(temporary.resolve("narrow"));
      assertThat(2 * bytes(temporary.resolve("narrow")))
          .isEqualTo(bytes(temporary.resolve("wide")));
    }
  }

  private static int bytes(NDArray array) {
    return array.getDataType().getNumOfBytes();
  }

  private static long bytes(Path folder) throws IOException {
    long sum = 0;
    try (ModelTensors tensors = ModelTensors.open(folder)) {
      for (String name : tensors.names()) {
        sum += tensors.info(name).byteLength();
      }
    }
    return sum;
  }

  @ParameterizedTest
  @CsvSource({"t5, FLOAT16", "llama, BFLOAT16"})
  void shardsOf16BitsHoldTheSameTensors(String name, Dtype dtype) throws IOException {
    Path shards = temporary.resolve("shards");
    try (PretrainedModel model = load(name, of(dtype))) {
      model.save(shards, SaveOptions.defaults().withMaxShardSize(20_000));
    }
    assertThat(shards.resolve("model.safetensors")).doesNotExist();
    try (PretrainedModel model =
        AutoModels.load(shards, task(name), ParityModels.cpu().withAutoDtype())) {
      model.save(temporary);
    }
    assertThat(sha256(temporary.resolve("model.safetensors")))
        .isEqualTo(figures().get(name).get(dtype.name()).get("sha256").asText());
  }

  @Test
  void aFolderOf16BitsLoadedInFloat32IsSavedIn16BitsAsItWas() throws IOException {
    Path folder = saved("gpt2", Dtype.BFLOAT16);
    Path again = temporary.resolve("again");
    try (PretrainedModel model = AutoModels.load(folder, ParityModels.cpu())) {
      assertThat(model.dtype()).isEqualTo(Dtype.FLOAT32);
      assertThat(model.parameters())
          .allMatch(parameter -> parameter.array().getDataType() == DataType.FLOAT32)
          .allMatch(parameter -> parameter.array().hasGradient());
      model.save(again, SaveOptions.defaults().withDtype(Dtype.BFLOAT16));
    }
    assertThat(again.resolve("model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("model.safetensors"));
  }

  @Test
  void aFolderThatNamesNoTypeHasThatOfItsTensors() throws IOException {
    Path folder = saved("gpt2", Dtype.FLOAT16);
    Files.writeString(
        folder.resolve("config.json"), PretrainedConfig.read(folder).without("dtype").toJson());
    try (PretrainedModel model = AutoModels.load(folder, ParityModels.cpu().withAutoDtype())) {
      assertThat(model.dtype()).isEqualTo(Dtype.FLOAT16);
      assertThat(model.config().text("dtype")).contains("float16");
    }
  }

  @Test
  void theOlderKeyIsReadAndWritten() throws IOException {
    Path folder = saved("gpt2", Dtype.BFLOAT16);
    PretrainedConfig old =
        PretrainedConfig.read(folder).without("dtype").with("torch_dtype", "bfloat16");
    Files.writeString(folder.resolve("config.json"), old.toJson());
    try (PretrainedModel model = AutoModels.load(folder, ParityModels.cpu().withAutoDtype())) {
      assertThat(model.dtype()).isEqualTo(Dtype.BFLOAT16);
      model.save(folder, SaveOptions.defaults().withDtype(Dtype.FLOAT16));
    }
    assertThat(PretrainedConfig.read(folder).text("torch_dtype")).contains("float16");
    assertThat(PretrainedConfig.read(folder).has("dtype")).isFalse();
  }

  @Test
  void aTypeThatWeightsCannotHaveIsRefusedWhereTheFolderIsToChoose() throws IOException {
    Path folder = saved("gpt2", Dtype.FLOAT32);
    Files.writeString(
        folder.resolve("config.json"),
        PretrainedConfig.read(folder).with("dtype", "float8_e4m3fn").toJson());
    assertThatThrownBy(() -> AutoModels.load(folder, ParityModels.cpu().withAutoDtype()).close())
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("config.json: dtype is \"float8_e4m3fn\"")
        .hasMessageContaining("bfloat16")
        .hasMessageContaining("LoadOptions.withDtype");
    AutoModels.load(folder, ParityModels.cpu()).close();
  }

  @Test
  void aModelOfAConfigurationIsTheFloat32OneRounded() throws IOException {
    PretrainedConfig config = PretrainedConfig.read(ParityModels.ownFolder().resolve("llama"));
    try (PretrainedModel wide = AutoModels.fromConfig(config, Task.CAUSAL_LM, ParityModels.cpu());
        PretrainedModel narrow =
            AutoModels.fromConfig(config, Task.CAUSAL_LM, of(Dtype.BFLOAT16))) {
      wide.save(temporary.resolve("wide"), SaveOptions.defaults().withDtype(Dtype.BFLOAT16));
      narrow.save(temporary.resolve("narrow"));
    }
    assertThat(temporary.resolve("narrow/model.safetensors"))
        .hasSameBinaryContentAs(temporary.resolve("wide/model.safetensors"));
  }
}
