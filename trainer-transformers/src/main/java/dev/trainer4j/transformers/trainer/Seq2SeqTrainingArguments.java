// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.wholeFrom;

import dev.trainer4j.args.Argument;
import dev.trainer4j.args.ArgumentProblems;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.HiddenImplementation;
import dev.trainer4j.transformers.generation.GenerationConfig;
import java.util.List;
import java.util.stream.Collectors;
import org.immutables.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * What Hugging Face's {@code Seq2SeqTrainingArguments} adds to the training arguments: how a {@link
 * Seq2SeqTrainer} evaluates and predicts. Immutable.
 */
@HiddenImplementation
@Value.Immutable
public abstract class Seq2SeqTrainingArguments {

  private static final ArgumentTable<Seq2SeqTrainingArguments, Builder> TABLE =
      ArgumentTable.of(
              Seq2SeqTrainingArguments.class, Seq2SeqTrainingArguments::builder, Builder::unchecked)
          .group("Writing texts")
          .row("predict_with_generate", FLAG, "whether evaluation and prediction write texts")
          .row(
              "generation_max_length",
              wholeFrom(2),
              "tokens of what is written at most, its start (or prompt) included")
          .row("generation_num_beams", wholeFrom(1), "beams of the search")
          .row(
              "generation_config",
              GenerationConfig.valueType(),
              "generation settings: a JSON file, a folder with generation_config.json, or JSON")
          .rules(Seq2SeqTrainingArguments::check)
          .build();

  Seq2SeqTrainingArguments() {}

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the description of these arguments: names, types, ranges and help. */
  public static ArgumentTable<Seq2SeqTrainingArguments, Builder> table() {
    return TABLE;
  }

  /** Whether evaluation and prediction write texts, in place of logits. Defaults to {@code false}. */
  @Value.Default
  public boolean predictWithGenerate() {
    return false;
  }

  /**
   * The {@code maxLength} of what is written, its start included, for a decoder-only model its padded prompt; null, the default,
   * leaves it to the generation settings.
   */
  public abstract @Nullable Integer generationMaxLength();

  /** The {@code numBeams} of the search; null, the default, leaves it to the generation settings. */
  public abstract @Nullable Integer generationNumBeams();

  /** The generation settings; special tokens that they lack are the model's. Null, the default, means the model's own. */
  public abstract @Nullable GenerationConfig generationConfig();

  private static void check(Seq2SeqTrainingArguments args, ArgumentProblems problems) {
    GenerationConfig config = args.generationConfig();
    String settings =
        TABLE.arguments().stream()
            .filter(row -> !row.name().equals("predict_with_generate") && row.get(args) != null)
            .map(Argument::name)
            .collect(Collectors.joining(" and "));
    problems.check(
        !settings.isEmpty() && !args.predictWithGenerate(),
        "predict_with_generate",
        "true, since nothing else reads " + settings,
        "Set it, or remove them");
    problems.check(
        args.generationMaxLength() != null && config != null && config.maxNewTokens() != null,
        "generation_max_length",
        "to be unset where generation_config has max_new_tokens = "
            + (config == null ? "" : config.maxNewTokens()),
        "Give one of the two");
  }

  /** The settings that hold for a model with settings of its own. */
  GenerationConfig resolved(GenerationConfig own) {
    GenerationConfig given = generationConfig();
    GenerationConfig base = given == null ? own : given;
    GenerationConfig.Builder builder = base.toBuilder();
    Integer maxLength = generationMaxLength();
    if (maxLength != null) {
      builder.maxLength(maxLength).maxNewTokens(null);
    }
    Integer numBeams = generationNumBeams();
    if (numBeams != null) {
      builder.numBeams(numBeams);
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
  public static final class Builder extends ImmutableSeq2SeqTrainingArguments.Builder {

    Builder() {}

    /**
     * Returns the arguments.
     *
     * @throws IllegalArgumentException naming each one that cannot be, all at once
     */
    @Override
    public Seq2SeqTrainingArguments build() {
      Seq2SeqTrainingArguments arguments = super.build();
      List<String> problems = TABLE.sentences(arguments);
      if (!problems.isEmpty()) {
        throw new IllegalArgumentException(
            "The sequence-to-sequence arguments are not valid:\n  "
                + GenerationConfig.table().inCamelCase(String.join("\n  ", problems)));
      }
      return arguments;
    }

    /** The values as they were set. */
    Seq2SeqTrainingArguments unchecked() {
      return super.build();
    }
  }
}
