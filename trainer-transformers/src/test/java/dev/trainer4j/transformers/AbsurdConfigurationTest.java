// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers in a configuration that no weights have, or that make no numbers: refused before they are used. */
class AbsurdConfigurationTest {

  private static final LoadOptions CPU = LoadOptions.defaults().withDevice(Device.cpu());

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "bert; num_hidden_layers; 268435456; a whole number from 1 to 16384",
        "bert; num_hidden_layers; 10000; no more than the weights have tensors",
        "bert; num_labels; 100000000; a whole number from 1 to 1048576",
        "bert; hidden_size; 268435456; a whole number from 1 to 16777216",
        "bert; type_vocab_size; -1; a whole number from 1",
        "bert; layer_norm_eps; -1e-12; a number of at least 0",
        "bert; initializer_range; -0.02; a number of at least 0",
        "llama; head_dim; 268435456; a whole number from 1 to 16384",
        "llama; num_hidden_layers; 268435456; a whole number from 1 to 16384",
        "llama; rms_norm_eps; -1e-6; a number of at least 0",
        "llama; rope_theta; 0; a number above 0",
        "llama; rope_theta; -1; a number above 0",
        "llama; pad_token_id; 30; a token of the vocabulary of 30",
        "t5; num_decoder_layers; 10000; no more than the weights have tensors",
        "t5; layer_norm_epsilon; -1; a number of at least 0",
      })
  void isRefusedByNameWithItsValue(String family, String key, double value, String expected)
      throws IOException {
    Task task =
        Map.of(
                "bert", Task.SEQUENCE_CLASSIFICATION,
                "llama", Task.CAUSAL_LM,
                "t5", Task.SEQ2SEQ_LM)
            .get(family);
    try (PretrainedModel model =
        AutoModels.fromConfig(PretrainedConfig.of(small(family)), task, CPU)) {
      model.save(folder);
    }
    Object number = value == Math.rint(value) ? (Object) (int) value : (Object) value;
    PretrainedConfig config = PretrainedConfig.read(folder).without("id2label").with(key, number);
    java.nio.file.Files.writeString(folder.resolve("config.json"), config.toJson());

    assertThatThrownBy(() -> AutoModels.load(folder, task, CPU))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("config.json: " + key + " is " + config.node(key))
        .hasMessageContaining(expected);
  }

  private static Map<String, Object> small(String family) {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("model_type", family);
    config.put("vocab_size", 30);
    for (String size : new String[] {"hidden_size", "d_model"}) {
      config.put(size, 8);
    }
    for (String layers : new String[] {"num_hidden_layers", "num_layers"}) {
      config.put(layers, 1);
    }
    for (String heads : new String[] {"num_attention_heads", "num_heads"}) {
      config.put(heads, 2);
    }
    for (String inner : new String[] {"intermediate_size", "d_ff"}) {
      config.put(inner, 16);
    }
    config.put("d_kv", 4);
    return config;
  }
}
