// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.NoisyEmbeddings;
import dev.trainer4j.model.TrainableModel;
import java.util.List;

/** {@code neftuneNoiseAlpha}: which models can train with noise in their embeddings, and how. */
public final class EmbeddingNoise {

  private EmbeddingNoise() {}

  /** Returns what {@code args} ask of {@code model} that it cannot give. */
  public static List<String> problems(TrainingArguments args, TrainableModel model) {
    if (args.neftuneNoiseAlpha().isEmpty() || model instanceof NoisyEmbeddings) {
      return List.of();
    }
    return List.of(
        "neftuneNoiseAlpha: "
            + args.neftuneNoiseAlpha().getAsDouble()
            + ", but "
            + model.getClass().getSimpleName()
            + " shows no embeddings of tokens that noise could be added to: looked for a model that"
            + " implements NoisyEmbeddings, as PretrainedModel and PeftModel do; a block or a"
            + " TorchScript file hides where its embeddings are looked up. Let the model implement"
            + " it, or leave neftuneNoiseAlpha out");
  }

  /** Returns the model as a run trains it. */
  public static TrainableModel training(TrainingArguments args, TrainableModel model) {
    return args.neftuneNoiseAlpha().isPresent()
        ? ((NoisyEmbeddings) model).withEmbeddingNoise(args.neftuneNoiseAlpha().getAsDouble())
        : model;
  }
}
