// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import dev.trainer4j.transformers.generation.GenerationConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What Hugging Face's {@code Seq2SeqTrainingArguments} adds to the training arguments: how a {@link
 * Seq2SeqTrainer} evaluates and predicts.
 *
 * @param predictWithGenerate whether evaluation and prediction write texts, in place of logits; false
 *     by default
 * @param generationMaxLength {@code maxLength} of what is written, its start included; null, the
 *     default, leaves it to the generation settings
 * @param generationNumBeams {@code numBeams} of the search; null, the default, leaves it to the
 *     generation settings
 * @param generationConfig the generation settings; null, the default, means the model's own
 */
public record Seq2SeqTrainingArguments(
    boolean predictWithGenerate,
    @Nullable Integer generationMaxLength,
    @Nullable Integer generationNumBeams,
    @Nullable GenerationConfig generationConfig) {

  /**
   * Checks all values.
   *
   * @throws IllegalArgumentException naming each one that cannot be, all at once
   */
  public Seq2SeqTrainingArguments {
    List<String> problems = new ArrayList<>();
    if (generationMaxLength != null && generationMaxLength < 2) {
      problems.add(
          "generationMaxLength is "
              + generationMaxLength
              + ", expected at least 2: the start token and one more");
    }
    if (generationNumBeams != null && generationNumBeams < 1) {
      problems.add("generationNumBeams is " + generationNumBeams + ", expected at least 1");
    }
    if (generationMaxLength != null
        && generationConfig != null
        && generationConfig.maxNewTokens() != null) {
      problems.add(
          "generationMaxLength is "
              + generationMaxLength
              + ", and generationConfig has maxNewTokens = "
              + generationConfig.maxNewTokens()
              + ": give one of the two");
    }
    boolean unused =
        generationMaxLength != null || generationNumBeams != null || generationConfig != null;
    if (!predictWithGenerate && unused) {
      problems.add(
          "generation settings are given, but predictWithGenerate is false: nothing would be"
              + " generated");
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          "The sequence-to-sequence arguments are not valid:\n  " + String.join("\n  ", problems));
    }
  }

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The settings that hold for a model with settings of its own. */
  GenerationConfig resolved(GenerationConfig own) {
    GenerationConfig base = generationConfig == null ? own : generationConfig;
    GenerationConfig.Builder builder = base.toBuilder();
    if (generationMaxLength != null) {
      builder.maxLength(generationMaxLength).maxNewTokens(null);
    }
    if (generationNumBeams != null) {
      builder.numBeams(generationNumBeams);
    }
    if (base.decoderStartTokenId() == null) {
      builder.decoderStartTokenId(own.decoderStartTokenId());
    }
    if (base.eosTokenId().isEmpty()) {
      builder.eosTokenId(own.eosTokenId());
    }
    if (base.padTokenId() == null) {
      builder.padTokenId(own.padTokenId());
    }
    if (base.bosTokenId() == null) {
      builder.bosTokenId(own.bosTokenId());
    }
    return builder.build();
  }

  /** Collects the arguments; {@link #build} checks them. */
  public static final class Builder {
    private boolean predictWithGenerate;
    private @Nullable Integer generationMaxLength;
    private @Nullable Integer generationNumBeams;
    private @Nullable GenerationConfig generationConfig;

    private Builder() {}

    /** Whether evaluation and prediction write texts. Defaults to {@code false}. */
    public Builder predictWithGenerate(boolean predictWithGenerate) {
      this.predictWithGenerate = predictWithGenerate;
      return this;
    }

    /** The length of what is written, its start included. Defaults to that of the settings. */
    public Builder generationMaxLength(@Nullable Integer generationMaxLength) {
      this.generationMaxLength = generationMaxLength;
      return this;
    }

    /** The number of beams. Defaults to that of the settings. */
    public Builder generationNumBeams(@Nullable Integer generationNumBeams) {
      this.generationNumBeams = generationNumBeams;
      return this;
    }

    /**
     * The generation settings; special tokens that they lack are the model's. Defaults to the model's
     * own.
     */
    public Builder generationConfig(@Nullable GenerationConfig generationConfig) {
      this.generationConfig = generationConfig;
      return this;
    }

    /**
     * Returns the arguments.
     *
     * @throws IllegalArgumentException naming each one that cannot be, all at once
     */
    public Seq2SeqTrainingArguments build() {
      return new Seq2SeqTrainingArguments(
          predictWithGenerate, generationMaxLength, generationNumBeams, generationConfig);
    }
  }
}
