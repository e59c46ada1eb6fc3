// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders that are damaged, or hold what a model cannot be made of: the words in which they are refused. */
class RefusedFolderTest {

  @TempDir Path temporary;

  @Test
  void prunedHeadsAreRefused() throws IOException {
    ParityModels.copy(temporary, "bert-classify", config -> {});
    set("\"pruned_heads\": {\"0\": [1]}");
    assertThatThrownBy(
            () -> AutoModels.sequenceClassification(temporary, ParityModels.cpu()).close())
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("pruned_heads")
        .hasMessageContaining("[1]");
  }

  @Test
  void aConfigurationOfQuantizedWeightsIsRefusedBesideOthers() throws IOException {
    ParityModels.copy(temporary, "bert-classify", config -> {});
    set("\"quantization_config\": {\"load_in_4bit\": true}");
    assertThatThrownBy(this::load)
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("config.json has a quantization_config")
        .hasMessageContaining("tensors are not quantized")
        .hasMessageContaining("LoadOptions.withQuantization");
  }

  @ParameterizedTest
  @CsvSource({
    "qwen3, layer_types, '[\"full_attention\", \"linear_attention\"]'",
    "llama, partial_rotary_factor, 0.5"
  })
  void aKeyThatChangesADecoderIsRefusedByName(String model, String key, String json)
      throws IOException {
    PretrainedConfig config =
        PretrainedConfig.read(ParityModels.folder(model))
            .with(key, new ObjectMapper().readTree(json));
    assertThatThrownBy(
            () -> AutoModels.fromConfig(config, Task.CAUSAL_LM, ParityModels.cpu()).close())
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining(key);
  }

  @Test
  void tensorsThatAreMissingAreListed() throws IOException {
    ParityModels.copy(
        temporary,
        "bert-classify",
        tensors -> {
          tensors.remove("bert.encoder.layer.1.output.dense.weight");
          // A copy: a tensor of two names is written once.
          NDArray bias = tensors.get("classifier.bias").duplicate();
          tensors.put("bert.encoder.layer.1.output.dence.weight", bias);
        });
    assertThatThrownBy(this::load)
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("model.safetensors")
        .hasMessageContaining("missing: bert.encoder.layer.1.output.dense.weight")
        .hasMessageContaining("unexpected: bert.encoder.layer.1.output.dence.weight");
  }

  @Test
  void aTensorOfAnotherShapeIsNamedWithBothShapes() throws IOException {
    ParityModels.copy(
        temporary,
        "bert-classify",
        tensors -> tensors.put("bert.pooler.dense.weight", tensors.get("classifier.weight")));
    assertThatThrownBy(this::load)
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("bert.pooler.dense.weight is (3, 32), the model has (32, 32)");
  }

  @Test
  void aHeadForOtherLabelsIsRefusedUnlessItMayBeNew() throws IOException {
    LoadOptions five = ParityModels.cpu().withNumLabels(5);
    Path folder = ParityModels.folder("bert-classify");
    assertThatThrownBy(() -> AutoModels.sequenceClassification(folder, five))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("classifier.weight is (3, 32), the model has (5, 32)")
        .hasMessageContaining("withIgnoreMismatchedSizes");
    try (PretrainedModel model =
        AutoModels.sequenceClassification(folder, five.withIgnoreMismatchedSizes(true))) {
      assertThat(model.state().get("classifier.bias").toFloatArray()).containsOnly(0f).hasSize(5);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBodyOfAnotherShapeIsRefusedWhateverTheFileCallsIt(boolean oldNames) throws IOException {
    ParityModels.copy(
        temporary,
        "bert-classify",
        tensors -> {
          String norm = "bert.encoder.layer.0.output.LayerNorm.weight";
          tensors.put(norm, tensors.get("classifier.bias").duplicate());
          for (String name : List.copyOf(tensors.keySet())) {
            NDArray array = tensors.remove(name);
            tensors.put(
                oldNames
                    ? name.replace("LayerNorm.weight", "LayerNorm.gamma")
                    : name.replaceFirst("^bert\\.", ""),
                array);
          }
        });
    LoadOptions lenient = ParityModels.cpu().withIgnoreMismatchedSizes(true);
    assertThatThrownBy(() -> AutoModels.sequenceClassification(temporary, lenient))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("encoder.layer.0.output.LayerNorm")
        .hasMessageContaining("is (3), the model has (32)")
        .hasMessageContaining("Only a head may begin anew")
        .hasMessageNotContaining("withIgnoreMismatchedSizes"); // it is set
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "pytorch_model.bin"})
  void aPointerOfGitLfsInPlaceOfWeightsIsCalledByItsName(String file) throws IOException {
    ParityModels.copy(temporary, "bert-classify", tensors -> {});
    Files.deleteIfExists(temporary.resolve("model.safetensors"));
    Files.writeString(
        temporary.resolve(file),
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n");
    assertThatThrownBy(this::load)
        .hasMessageContaining(file)
        .hasMessageContaining("a pointer of Git LFS, not the file itself: run git lfs pull");
  }

  @Test
  void twoTensorsOfTheFileForOneOfTheModelAreBothNamed() throws IOException {
    ParityModels.copy(
        temporary,
        "bert-classify",
        tensors ->
            tensors.put("pooler.dense.bias", tensors.get("bert.pooler.dense.bias").duplicate()));
    assertThatThrownBy(this::load)
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("pooler.dense.bias")
        .hasMessageContaining("both the model's bert.pooler.dense.bias");
  }

  @Test
  void ofATruncatedFileItsNameIsTold() throws IOException {
    ParityModels.copy(temporary, "bert-classify", tensors -> {});
    try (FileChannel file =
        FileChannel.open(temporary.resolve("model.safetensors"), StandardOpenOption.WRITE)) {
      file.truncate(file.size() - 100);
    }
    assertThatThrownBy(this::load)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("model.safetensors");
  }

  @Test
  void ofATruncatedShardItsNameIsTold() throws IOException {
    try (PretrainedModel model = ParityModels.load("bert-classify")) {
      model.save(temporary, 20_000);
    }
    Path shard;
    try (Stream<Path> files = Files.list(temporary)) {
      shard = files.filter(f -> f.toString().contains("model-00002-of")).findFirst().orElseThrow();
    }
    Files.write(shard, java.util.Arrays.copyOf(Files.readAllBytes(shard), 300));
    assertThatThrownBy(this::load)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(String.valueOf(shard.getFileName()));
  }

  @Test
  void corruptJsonIsToldWithFileAndLine() throws IOException {
    Files.writeString(temporary.resolve("config.json"), "{\n \"model_type\": \"bert\",\n oops");
    assertThatThrownBy(this::load)
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("config.json is not valid JSON")
        .hasMessageContaining("line 3");
  }

  @Test
  void aConfigurationThatIsNotUtf8IsNamed() throws IOException {
    Files.write(temporary.resolve("config.json"), new byte[] {'{', (byte) 0xff, '}'});
    assertThatThrownBy(this::load)
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("config.json is not UTF-8");
  }

  @Test
  void anAbsurdlyLongGenerationConfigurationIsNotRead() throws IOException {
    ParityModels.copy(temporary, "bert-classify", tensors -> {});
    Path file = temporary.resolve("generation_config.json");
    try (RandomAccessFile long17 = new RandomAccessFile(file.toFile(), "rw")) {
      long17.setLength(17L << 20);
    }
    assertThatThrownBy(this::load)
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("generation_config.json has more than");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-5", "\"three\""})
  void aNumberOfLabelsThatIsNoneIsRefused(String number) {
    PretrainedConfig config =
        PretrainedConfig.parse("{\"model_type\": \"bert\", \"num_labels\": " + number + "}");
    assertThatThrownBy(
            () -> AutoModels.fromConfig(config, Task.SEQUENCE_CLASSIFICATION, ParityModels.cpu()))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("num_labels is " + number);
  }

  @Test
  void aFolderWithoutConfigurationIsRefused() {
    assertThatThrownBy(this::load)
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("config.json");
  }

  @Test
  void anUnknownModelTypeIsAnsweredWithTheSupportedOnes() throws IOException {
    Files.writeString(temporary.resolve("config.json"), "{\"model_type\": \"hal9000\"}");
    Files.copy(
        ParityModels.folder("bert-classify").resolve("model.safetensors"),
        temporary.resolve("model.safetensors"));
    assertThatThrownBy(this::load)
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("hal9000")
        .hasMessageContaining("bert")
        .hasMessageContaining("distilbert");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "position_embedding_type=relative_key",
        "hidden_act=mish",
        "is_decoder=true",
        "num_attention_heads=5",
        "num_hidden_layers=0",
        "hidden_size=\"wide\"",
        "hidden_dropout_prob=1.5"
      })
  void aKeyThatChangesTheMathematicsIsRefusedByName(String setting) throws IOException {
    String[] parts = setting.split("=");
    PretrainedConfig config = PretrainedConfig.read(ParityModels.folder("bert-classify"));
    Object value =
        switch (parts[1]) {
          case "true" -> true;
          case "5", "0" -> Integer.valueOf(parts[1]);
          case "1.5" -> 1.5;
          default -> parts[1];
        };
    assertThatThrownBy(
            () ->
                AutoModels.fromConfig(
                    config.with(parts[0], value), Task.SEQUENCE_CLASSIFICATION, ParityModels.cpu()))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining(parts[0].equals("num_attention_heads") ? "heads" : parts[0]);
  }

  private PretrainedModel load() throws IOException {
    return AutoModels.sequenceClassification(temporary, ParityModels.cpu());
  }

  /** Puts a key into the copied config.json. */
  private void set(String member) throws IOException {
    Path file = temporary.resolve("config.json");
    Files.writeString(file, Files.readString(file).replaceFirst("\\{", "{" + member + ","));
  }
}
