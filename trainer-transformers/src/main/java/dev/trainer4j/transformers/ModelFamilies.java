// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import dev.trainer4j.transformers.architecture.ModelFamily;
import dev.trainer4j.transformers.decoder.DecoderFamily;
import dev.trainer4j.transformers.encoder.EncoderFamily;
import dev.trainer4j.transformers.seq2seq.Seq2SeqFamily;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Every family that is supported: one line each. */
final class ModelFamilies {

  private static final List<ModelFamily> ALL =
      List.of(
          EncoderFamily.BERT,
          EncoderFamily.ROBERTA,
          EncoderFamily.DISTILBERT,
          DecoderFamily.GPT2,
          DecoderFamily.LLAMA,
          DecoderFamily.MISTRAL,
          DecoderFamily.QWEN2,
          DecoderFamily.QWEN3,
          DecoderFamily.GEMMA,
          Seq2SeqFamily.T5,
          Seq2SeqFamily.BART);

  private static final Map<String, ModelFamily> BY_TYPE =
      ALL.stream()
          .collect(Collectors.toUnmodifiableMap(ModelFamily::modelType, Function.identity()));

  private ModelFamilies() {}

  /** Returns whether there is a family of this type. */
  static boolean supports(PretrainedConfig config) {
    return BY_TYPE.containsKey(config.modelType());
  }

  /** Returns the family of a configuration, which must have a head for {@code task}. */
  static ModelFamily of(PretrainedConfig config, Task task) {
    ModelFamily family = BY_TYPE.get(config.modelType());
    if (family == null) {
      throw new PretrainedException(
          config.source()
              + ": model_type '"
              + config.modelType()
              + "' is not supported; supported are "
              + new TreeMap<>(BY_TYPE).keySet());
    }
    if (!family.tasks().contains(task)) {
      throw new PretrainedException(
          config.source()
              + ": a model of type "
              + family.modelType()
              + " has no head for "
              + task
              + " here; it has "
              + family.tasks().stream().sorted().toList());
    }
    return family;
  }
}
