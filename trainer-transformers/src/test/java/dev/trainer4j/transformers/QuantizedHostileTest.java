// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.ModelTensorsWriter;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.checkpoint.SafetensorsType;
import dev.trainer4j.checkpoint.TensorSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Folders of quantized weights that lie: each is refused with file, tensor, what is wrong and what to do. */
class QuantizedHostileTest {

  private static final String UP = "model.layers.0.mlp.up_proj.weight";
  private static final String STATE = UP + ".quant_state.bitsandbytes__nf4";
  private static final String SCB = "model.layers.0.mlp.up_proj.SCB";

  @TempDir Path folder;

  private record Tensor(SafetensorsType type, Shape shape, byte[] bytes) {}

  @FunctionalInterface
  private interface Damage {
    void to(Map<String, Tensor> tensors);
  }

  private static Map<String, Tensor> read(Path file) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (SafetensorsFile open = SafetensorsFile.open(file)) {
      for (String name : open.names()) {
        byte[] bytes = new byte[(int) open.info(name).byteLength()];
        open.bytes(name).get(bytes);
        tensors.put(name, new Tensor(open.info(name).type(), open.info(name).shape(), bytes));
      }
    }
    return tensors;
  }

  private void write(Map<String, Tensor> tensors) throws IOException {
    List<TensorSource> sources = new ArrayList<>();
    tensors.forEach(
        (name, tensor) ->
            sources.add(
                new TensorSource(
                    name,
                    tensor.type,
                    tensor.shape,
                    channel -> channel.write(ByteBuffer.wrap(tensor.bytes)))));
    ModelTensorsWriter.write(folder, sources, ModelTensorsWriter.DEFAULT_MAX_SHARD_SIZE);
  }

  private static Damage state(String old, String changed) {
    return tensors -> {
      String json = new String(tensors.get(STATE).bytes, StandardCharsets.UTF_8);
      if (!json.contains(old)) {
        throw new IllegalStateException(json);
      }
      byte[] bytes = json.replace(old, changed).getBytes(StandardCharsets.UTF_8);
      tensors.put(STATE, new Tensor(SafetensorsType.U8, new Shape(bytes.length), bytes));
    };
  }

  private static Damage first(String name, float value) {
    return tensors ->
        ByteBuffer.wrap(tensors.get(name).bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, value);
  }

  private static Damage shorter(String name) {
    return tensors -> {
      Tensor tensor = tensors.get(name);
      long count = tensor.shape.get(0) - 1;
      int width = tensor.type.bits() / 8;
      tensors.put(
          name,
          new Tensor(
              tensor.type,
              tensor.shape.dimension() == 2 ? new Shape(count, 1) : new Shape(count),
              java.util.Arrays.copyOf(tensor.bytes, (int) count * width)));
    };
  }

  private static Damage without(String name) {
    return tensors -> {
      if (tensors.remove(name) == null) {
        throw new IllegalStateException(name);
      }
    };
  }

  private static Damage renamed(String name, String other) {
    return tensors -> tensors.put(other, tensors.remove(name));
  }

  static Stream<Arguments> lies() {
    return Stream.of(
        Arguments.of("nf4-double", state("[48, 32]", "[48, 33]"), UP, "792"),
        Arguments.of("nf4-double", state("[48, 32]", "[32, 48]"), UP, "(48, 32)"),
        Arguments.of("nf4-double", state("[48, 32]", "[1536]"), STATE, "shape is [1536]"),
        Arguments.of("nf4-double", state("[48, 32]", "[-48, -32]"), STATE, "shape is [-48,-32]"),
        Arguments.of(
            "nf4-double", state("[48, 32]", "[4294967296, 4294967297]"), STATE, "shape is"),
        Arguments.of("nf4-double", state("\": 64", "\": 0"), STATE, "blocksize is 0"),
        Arguments.of("nf4-double", state("\": 64", "\": 128"), UP + ".absmax", "expected U8 (12)"),
        Arguments.of("nf4-double", state("\"nf4\"", "\"fp4\""), STATE, "quant_type is 'fp4'"),
        Arguments.of("nf4-double", state("float32\", \"shape", "int7\", \"shape"), STATE, "int7"),
        Arguments.of("nf4-double", state("\": 256", "\": 128"), STATE, "nested_blocksize is 128"),
        Arguments.of(
            "nf4-double",
            state("\"nested_offset\": ", "\"nested_offset\": NaN, \"x\": "),
            STATE,
            "nested_offset is \"NaN\""),
        Arguments.of("nf4-double", state("{", "["), STATE, "is no JSON object"),
        Arguments.of(
            "nf4-double",
            renamed(STATE, UP + ".quant_state.bitsandbytes__af4"),
            "bitsandbytes__af4",
            "'af4', which is not known"),
        Arguments.of("nf4-double", without(STATE), UP, "quant_state (4 bits) or SCB"),
        Arguments.of("nf4-double", without(UP), UP, "is missing"),
        Arguments.of(
            "nf4-double", without(UP + ".nested_absmax"), UP + ".nested_absmax", "is missing"),
        Arguments.of("nf4-double", shorter(UP), UP, "767 bytes"),
        Arguments.of("nf4-double", shorter(UP + ".absmax"), UP + ".absmax", "U8 (23)"),
        Arguments.of(
            "nf4-double", shorter(UP + ".nested_quant_map"), UP + ".nested_quant_map", "F32 (255)"),
        Arguments.of(
            "nf4-double",
            first(UP + ".nested_absmax", Float.NaN),
            UP + ".nested_absmax",
            "is NaN at 0"),
        Arguments.of(
            "nf4-double",
            first(UP + ".nested_quant_map", Float.POSITIVE_INFINITY),
            UP + ".nested_quant_map",
            "is Infinity at 0"),
        Arguments.of(
            "nf4-double", first(UP + ".quant_map", -0.9f), UP + ".quant_map", "the code of nf4"),
        Arguments.of("fp4", first(UP + ".absmax", -1f), UP + ".absmax", "is -1.0 at 0"),
        Arguments.of(
            "nf4-double",
            renamed("lm_head.weight", "model.layers.0.mlp.up_proj.SCB"),
            UP,
            "expected I8"),
        Arguments.of("int8", first(SCB, Float.POSITIVE_INFINITY), SCB, "is Infinity at 0"),
        Arguments.of("int8", shorter(SCB), SCB, "expected F32 (48)"),
        Arguments.of("int8", without(SCB), UP, "is of a quantized"),
        Arguments.of(
            "int8",
            (Damage)
                tensors -> tensors.get("model.layers.0.mlp.up_proj.weight_format").bytes[0] = 2,
            "up_proj.weight_format",
            "tiles for an old kernel"));
  }

  @ParameterizedTest
  @MethodSource("lies")
  void aFolderThatLiesIsRefusedByTensor(String golden, Damage damage, String tensor, String problem)
      throws IOException {
    Path source = QuantizedFolderTest.golden(golden);
    Files.copy(source.resolve("config.json"), folder.resolve("config.json"));
    Map<String, Tensor> tensors = read(source.resolve("model.safetensors"));
    damage.to(tensors);
    write(tensors);
    assertThatThrownBy(() -> AutoModels.causalLm(folder, ParityModels.cpu()))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("model.safetensors")
        .hasMessageContaining(tensor)
        .hasMessageContaining(problem);
  }

  static Stream<Arguments> configurations() {
    return Stream.of(
        Arguments.of(
            "\"bitsandbytes\"", "\"gptq\"", "quant_method is 'gptq', expected bitsandbytes"),
        Arguments.of("\"load_in_4bit\": true", "\"load_in_4bit\": 3", "load_in_4bit is 3"),
        Arguments.of("\"load_in_4bit\": true", "\"load_in_4bit\": false", "are both false"),
        Arguments.of("\"nf4\"", "\"xf4\"", "bnb4bitQuantType is 'xf4'"),
        Arguments.of(
            "\"bnb_4bit_compute_dtype\": \"float32\"",
            "\"bnb_4bit_compute_dtype\": \"int8\"",
            "bnb_4bit_compute_dtype is 'int8'"),
        Arguments.of("\"quantization_config\"", "\"other\"", "has no quantization_config"));
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void aConfigurationThatCannotBeIsRefusedByKey(String old, String changed, String problem)
      throws IOException {
    Path source = QuantizedFolderTest.golden("nf4-double");
    Files.copy(source.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    String config = Files.readString(source.resolve("config.json"));
    Files.writeString(folder.resolve("config.json"), config.replace(old, changed));
    assertThatThrownBy(() -> AutoModels.causalLm(folder, ParityModels.cpu()))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining(problem);
  }
}
