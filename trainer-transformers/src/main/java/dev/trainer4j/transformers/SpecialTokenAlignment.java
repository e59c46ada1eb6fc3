// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the special tokens of a tokenizer into the configuration of a model and into its generation
 * settings, as transformers does when training begins ({@code align_special_tokens}): so that a token
 * which was chosen for the training also ends, begins and pads what the trained model reads and writes.
 *
 * <p>A token that the tokenizer lacks leaves everything as it is. Of tokens that end a text there may be
 * several; none is taken away.
 */
final class SpecialTokenAlignment {

  private static final Logger LOGGER = LoggerFactory.getLogger(PretrainedModel.class);

  private static final String END = "eos_token_id";

  private static final Map<String, SpecialToken> ROLES = new LinkedHashMap<>();

  static {
    ROLES.put(END, SpecialToken.EOS);
    ROLES.put("bos_token_id", SpecialToken.BOS);
    ROLES.put("pad_token_id", SpecialToken.PAD);
  }

  private final ModelCore core;
  private final Map<String, Integer> defaults;
  private final Map<String, Integer> updated = new LinkedHashMap<>();
  private PretrainedConfig config;

  /** Those of a model that writes text, else null. */
  private @Nullable PretrainedConfig generation;

  private SpecialTokenAlignment(ModelCore core) {
    this.core = core;
    defaults = ModelFamilies.of(core.config(), core.task()).specialTokenDefaults();
    config = core.config();
    boolean writes = core.task() == Task.CAUSAL_LM || core.task() == Task.SEQ2SEQ_LM;
    generation =
        writes
            ? PretrainedConfig.parse(
                core.files().generationSource(), core.files().generationJson(core))
            : null;
  }

  /**
   * Aligns, and tells what has changed.
   *
   * @throws IllegalArgumentException if the model has no embedding for a token
   */
  static void align(ModelCore core, PretrainedTokenizer tokenizer) {
    SpecialTokenAlignment alignment = new SpecialTokenAlignment(core);
    ROLES.forEach(
        (key, role) ->
            tokenizer
                .specialTokenId(role)
                .ifPresent(id -> alignment.set(key, id, role, tokenizer)));
    alignment.finish();
  }

  private void set(String key, int id, SpecialToken role, PretrainedTokenizer tokenizer) {
    List<Integer> here = ids(config.node(key), defaults.get(key));
    PretrainedConfig settings = generation;
    List<Integer> there = settings == null ? List.of() : ids(settings.node(key), null);
    if (here.contains(id) && (settings == null || there.contains(id))) {
      return;
    }
    if (id >= core.architecture().vocabulary()) {
      throw new IllegalArgumentException(
          "the tokenizer's "
              + role.key()
              + " '"
              + tokenizer.specialToken(role).orElse("")
              + "' has the id "
              + id
              + ", but the model has embeddings for "
              + core.architecture().vocabulary()
              + " tokens: call model.resizeTokenEmbeddings(tokenizer.size()) before training");
    }
    updated.put(key, id);
    boolean several = key.equals(END);
    boolean keeps = several && config.node(key).isArray();
    config = config.with(key, keeps ? first(id, here) : id);
    if (settings != null) {
      generation = settings.with(key, several ? first(id, there) : id);
    }
  }

  private static List<Integer> ids(JsonNode node, @Nullable Integer fallback) {
    List<Integer> ids = new ArrayList<>();
    if (node.isArray()) {
      node.forEach(id -> ids.add(id.asInt()));
    } else if (node.isNumber()) {
      ids.add(node.asInt());
    } else if (node.isMissingNode() && fallback != null) {
      ids.add(fallback);
    }
    return ids;
  }

  private static List<Integer> first(int id, List<Integer> others) {
    List<Integer> all = new ArrayList<>(List.of(id));
    others.stream().filter(other -> other != id).forEach(all::add);
    return all;
  }

  private void finish() {
    if (updated.isEmpty()) {
      return;
    }
    core.heed(config, core.architecture().withSpecialTokens(config));
    PretrainedConfig settings = generation;
    if (settings != null) {
      core.files().generationJson(settings.toJson());
    }
    LOGGER.warn(
        "The tokenizer has special tokens that differ from those of the model. {} {} aligned to them,"
            + " and saved so: {}",
        PretrainedConfig.FILE_NAME,
        settings == null ? "is" : "and the generation settings are",
        updated);
  }
}
