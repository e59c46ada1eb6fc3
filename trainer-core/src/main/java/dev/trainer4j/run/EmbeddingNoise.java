// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.NoisyEmbeddings;
import dev.trainer4j.model.TrainableModel;
import java.util.List;

/** {@code neftuneNoiseAlpha}: which models can train with noise in their embeddings, and how. */
public final class EmbeddingNoise {

  private EmbeddingNoise() {}

  /** Returns what {@code args} ask of {@code model} that it cannot give. */
  public static List<String> problems(TrainingArguments args, TrainableModel model) {
    if (args.neftuneNoiseAlpha().isEmpty()) {
      return nameIsRefused(
          args, "does nothing without neftuneNoiseAlpha; set that, such as 5, or leave it out");
    }
    if (model instanceof BlockModel block) {
      return ofBlock(args, block);
    }
    if (!(model instanceof NoisyEmbeddings)) {
      return List.of(
          "neftuneNoiseAlpha: "
              + args.neftuneNoiseAlpha().getAsDouble()
              + ", but "
              + model.getClass().getSimpleName()
              + " shows no embeddings of tokens that noise could be added to: looked for a model that"
              + " implements NoisyEmbeddings, as PretrainedModel and PeftModel do, or for a DJL block; a"
              + " TorchScript file hides where its embeddings are looked up. Let the model implement it,"
              + " or leave neftuneNoiseAlpha out");
    }
    return nameIsRefused(
        args,
        "is to name a child of a DJL block, but "
            + model.getClass().getSimpleName()
            + " knows its embeddings itself; leave it out");
  }

  private static List<String> nameIsRefused(TrainingArguments args, String why) {
    return args.neftuneEmbedding().map(name -> "neftuneEmbedding: '" + name + "' " + why).stream()
        .toList();
  }

  private static List<String> ofBlock(TrainingArguments args, BlockModel model) {
    double alpha = args.neftuneNoiseAlpha().getAsDouble();
    if (args.neftuneEmbedding().isEmpty()) {
      return List.of(
          "neftuneEmbedding: missing, and neftuneNoiseAlpha is "
              + alpha
              + ": of a DJL block it says which child's outputs get the noise; "
              + model.namedEmbeddings());
    }
    try {
      model.withEmbeddingNoise(args.neftuneEmbedding().get(), alpha);
      return List.of();
    } catch (IllegalArgumentException e) {
      return List.of("neftuneEmbedding: " + e.getMessage());
    }
  }

  /** Returns the model as a run trains it. */
  public static TrainableModel training(TrainingArguments args, TrainableModel model) {
    if (args.neftuneNoiseAlpha().isEmpty()) {
      return model;
    }
    double alpha = args.neftuneNoiseAlpha().getAsDouble();
    return model instanceof BlockModel block
        ? block.withEmbeddingNoise(args.neftuneEmbedding().orElseThrow(), alpha)
        : ((NoisyEmbeddings) model).withEmbeddingNoise(alpha);
  }
}
