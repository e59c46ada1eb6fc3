// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Folders as one downloads them from the Hub, but of small models that have learnt nothing yet.
 *
 * <p>Their tokenizers are resources beside this class, written by hand: {@code bert} has BERT's
 * pipeline and knows the printable ASCII characters, at the start of a word and inside it; {@code
 * bytes} has GPT-2's pipeline and knows the 256 bytes, without merges.
 */
final class SmallModels {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern WORD = Pattern.compile("\\p{Alnum}+");

  /** A word in one of so many texts is a token; rarer ones are spelled, as new ones will be. */
  private static final int FREQUENT = 20;

  private SmallModels() {}

  /** Make a BERT of two layers whose tokenizer knows the frequent words of {@code texts}. */
  static Path bert(Path folder, Collection<String> texts) throws IOException {
    return bert(folder, texts, 64, 2);
  }

  /** Make a BERT of another width and number of layers. */
  static Path bert(Path folder, Collection<String> texts, int width, int layers)
      throws IOException {
    ObjectNode tokenizer = wordPieces(texts);
    JsonNode vocabulary = tokenizer.path("model").path("vocab");
    PretrainedConfig config =
        PretrainedConfig.of(
            Map.of(
                "model_type",
                "bert",
                "vocab_size",
                vocabulary.size(),
                "hidden_size",
                width,
                "num_hidden_layers",
                layers,
                "num_attention_heads",
                4,
                "intermediate_size",
                4 * width,
                "max_position_embeddings",
                128,
                "initializer_range",
                0.1));
    return write(folder, "bert", tokenizer, config, Task.MASKED_LM);
  }

  /** Make a T5 of two layers on each side, whose tokenizer is that of {@link #bert}. */
  static Path t5(Path folder, Collection<String> texts) throws IOException {
    ObjectNode tokenizer = wordPieces(texts);
    JsonNode vocabulary = tokenizer.path("model").path("vocab");
    int padding = vocabulary.path("[PAD]").asInt();
    Map<String, Object> config =
        new HashMap<>(
            Map.of(
                "model_type", "t5",
                "vocab_size", vocabulary.size(),
                "d_model", 128,
                "d_kv", 32,
                "d_ff", 256,
                "num_layers", 2,
                "num_heads", 4,
                "dropout_rate", 0.0));
    config.put("pad_token_id", padding);
    config.put("decoder_start_token_id", padding);
    config.put("eos_token_id", vocabulary.path("[SEP]").asInt());
    return write(folder, "bert", tokenizer, PretrainedConfig.of(config), Task.SEQ2SEQ_LM);
  }

  private static ObjectNode wordPieces(Collection<String> texts) throws IOException {
    ObjectNode tokenizer = (ObjectNode) resource("bert/tokenizer.json");
    ObjectNode vocabulary = (ObjectNode) tokenizer.path("model").path("vocab");
    for (String word : frequentWords(texts)) {
      if (!vocabulary.has(word)) {
        vocabulary.put(word, vocabulary.size());
      }
    }
    return tokenizer;
  }

  /** Make a Llama of two layers that reads and writes single bytes. */
  static Path llama(Path folder) throws IOException {
    JsonNode tokenizer = resource("bytes/tokenizer.json");
    int size = tokenizer.path("model").path("vocab").size();
    PretrainedConfig config =
        PretrainedConfig.of(
            Map.of(
                "model_type", "llama",
                "vocab_size", size,
                "hidden_size", 128,
                "num_hidden_layers", 2,
                "num_attention_heads", 4,
                "num_key_value_heads", 2,
                "intermediate_size", 256,
                "max_position_embeddings", 1024,
                "bos_token_id", size - 1,
                "eos_token_id", size - 1));
    return write(folder, "bytes", tokenizer, config, Task.CAUSAL_LM);
  }

  private static Path write(
      Path folder, String kind, JsonNode tokenizer, PretrainedConfig config, Task task)
      throws IOException {
    try (PretrainedModel model = AutoModels.fromConfig(config, task)) {
      model.save(folder);
    }
    JSON.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer);
    JSON.writeValue(
        folder.resolve("tokenizer_config.json").toFile(),
        resource(kind + "/tokenizer_config.json"));
    return folder;
  }

  private static List<String> frequentWords(Collection<String> texts) {
    Map<String, Integer> counts = new TreeMap<>();
    for (String text : texts) {
      Matcher word = WORD.matcher(text);
      while (word.find()) {
        counts.merge(word.group(), 1, Integer::sum);
      }
    }
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() * FREQUENT >= texts.size())
        .map(Map.Entry::getKey)
        .toList();
  }

  private static JsonNode resource(String name) throws IOException {
    try (InputStream in = SmallModels.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new FileNotFoundException("the resource " + name);
      }
      return JSON.readTree(in);
    }
  }
}
