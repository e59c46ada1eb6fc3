// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.HiddenImplementation;
import dev.trainer4j.args.ValueType;
import dev.trainer4j.json.JsonFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.immutables.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * How text is generated: Hugging Face's {@code GenerationConfig}, with its names in camelCase and its defaults.
 *
 * <p>Immutable. {@link #toBuilder} derives another one, as from the model's own:
 *
 * <pre>{@code
 * model.generationConfig().toBuilder().maxNewTokens(40).doSample(true).temperature(0.7).build()
 * }</pre>
 */
@HiddenImplementation
@Value.Immutable
public abstract class GenerationConfig {

  /** The file's name in a model folder. */
  public static final String FILE_NAME = "generation_config.json";

  GenerationConfig() {}

  /** Returns a builder with transformers' defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the defaults. */
  public static GenerationConfig defaults() {
    return builder().build();
  }

  /** Returns the description of the settings: names, types, ranges and help. */
  public static ArgumentTable<GenerationConfig, Builder> table() {
    return GenerationConfigTable.TABLE;
  }

  /**
   * Returns the settings as the value of an argument: a map of them, or the path of a JSON file or of a folder that has a
   * {@link #FILE_NAME}.
   */
  public static ValueType<GenerationConfig> valueType() {
    return GenerationConfigTable.TYPE;
  }

  /**
   * Reads a {@code generation_config.json}. Keys that would change what is generated and are not supported are refused
   * by name; harmless ones are kept and written back.
   *
   * @param folder the model's folder
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it is not valid; the message names the key
   */
  public static GenerationConfig read(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    return GenerationConfigJson.parse(JsonFile.read(file), file.toString());
  }

  /**
   * Parses the text of a {@code generation_config.json}.
   *
   * @param source what messages call it
   */
  public static GenerationConfig parse(String source, String json) {
    return GenerationConfigJson.parse(source, json);
  }

  /** Returns the text of a {@code generation_config.json}: every key that differs from its default. */
  public String toJson() {
    return GenerationConfigJson.write(this);
  }

  /**
   * Returns these settings if each one that differs from another's does something, as {@link Builder#build} asks of those that were set
   * in it: for settings that a table has read over {@code origin}.
   *
   * @throws IllegalArgumentException naming each one that does nothing, such as {@code topP} without {@code doSample}
   */
  public GenerationConfig requireEffect(GenerationConfig origin) {
    return Builder.checked(this, IdleSettings.of(this, origin));
  }

  /** Returns a builder that starts from this. */
  public Builder toBuilder() {
    return new Builder(this).from(this);
  }

  /** The length, prompt included, at which a row ends ({@code max_length}); {@link #maxNewTokens} wins. Defaults to {@code 20}. */
  @Value.Default
  public int maxLength() {
    return 20;
  }

  /** How many tokens to add at most ({@code max_new_tokens}); null leaves it to {@link #maxLength}. Unset by default. */
  public abstract @Nullable Integer maxNewTokens();

  /** The length, prompt included, before which no row ends ({@code min_length}). Defaults to {@code 0}. */
  @Value.Default
  public int minLength() {
    return 0;
  }

  /** How many tokens to add at least ({@code min_new_tokens}). Defaults to {@code 0}. */
  @Value.Default
  public int minNewTokens() {
    return 0;
  }

  /** Whether to draw tokens at random ({@code do_sample}); otherwise the likeliest is taken. Defaults to {@code false}. */
  @Value.Default
  public boolean doSample() {
    return false;
  }

  /** When a beam search ends ({@code early_stopping}). Defaults to {@code EarlyStopping.FALSE}. */
  @Value.Default
  public EarlyStopping earlyStopping() {
    return EarlyStopping.FALSE;
  }

  /** The number of beams ({@code num_beams}); 1 means none. Defaults to {@code 1}. */
  @Value.Default
  public int numBeams() {
    return 1;
  }

  /** How many sequences to return for each input ({@code num_return_sequences}). Defaults to {@code 1}. */
  @Value.Default
  public int numReturnSequences() {
    return 1;
  }

  /** What logits are divided by when sampling ({@code temperature}). Defaults to {@code 1.0}. */
  @Value.Default
  public double temperature() {
    return 1.0;
  }

  /** When sampling, the number of likeliest tokens to draw from ({@code top_k}); 0 means all. Defaults to {@code 50}. */
  @Value.Default
  public int topK() {
    return 50;
  }

  /** When sampling, the probability that the tokens to draw from make up ({@code top_p}); 1 means all. Defaults to {@code 1.0}. */
  @Value.Default
  public double topP() {
    return 1.0;
  }

  /** When sampling, the share of the likeliest token's probability that others must have ({@code min_p}); null means none. Unset by default. */
  public abstract @Nullable Double minP();

  /** What the scores of tokens that are there already are divided by, or multiplied if negative ({@code repetition_penalty}). Defaults to {@code 1.0}. */
  @Value.Default
  public double repetitionPenalty() {
    return 1.0;
  }

  /** The power of the length that the scores of beams are divided by ({@code length_penalty}): above 0 favours long ones. Defaults to {@code 1.0}. */
  @Value.Default
  public double lengthPenalty() {
    return 1.0;
  }

  /** The number of tokens in a row that may not come twice ({@code no_repeat_ngram_size}); 0 means none. Defaults to {@code 0}. */
  @Value.Default
  public int noRepeatNgramSize() {
    return 0;
  }

  /** Sequences of tokens that may not be written ({@code bad_words_ids}). Empty by default. */
  public abstract List<List<Integer>> badWordsIds();

  /** Tokens that may not be written ({@code suppress_tokens}). Empty by default. */
  public abstract List<Integer> suppressTokens();

  /** Tokens that may not come first ({@code begin_suppress_tokens}). Empty by default. */
  public abstract List<Integer> beginSuppressTokens();

  /** The token that must come first after the decoder's start ({@code forced_bos_token_id}). Unset by default. */
  public abstract @Nullable Integer forcedBosTokenId();

  /** The token that must come last when the length is reached ({@code forced_eos_token_id}). Empty by default. */
  public abstract List<Integer> forcedEosTokenId();

  /** Texts that end a row ({@code stop_strings}); they need a {@link TokenDecoder}. Empty by default. */
  public abstract List<String> stopStrings();

  /** The token that begins a text ({@code bos_token_id}). Unset by default. */
  public abstract @Nullable Integer bosTokenId();

  /** The tokens that end a row ({@code eos_token_id}). None by default. */
  public abstract List<Integer> eosTokenId();

  /** The token that fills rows that ended ({@code pad_token_id}); the first that ends a row if null. Unset by default. */
  public abstract @Nullable Integer padTokenId();

  /** The token an encoder-decoder model starts from ({@code decoder_start_token_id}). Unset by default. */
  public abstract @Nullable Integer decoderStartTokenId();

  /** Seeds the draws of sampling. Not a key of the file: in transformers the seed is the process's. Defaults to {@code 0}. */
  @Value.Default
  public long seed() {
    return 0;
  }

  /** Keys of the file that change nothing here. */
  abstract Map<String, Object> others();

  /** Collects settings; {@link #build} checks them. */
  public static final class Builder extends ImmutableGenerationConfig.Builder {

    /** Whose settings stand without a word, whatever they are: files are as they are. */
    private final @Nullable GenerationConfig origin;

    Builder() {
      origin = null;
    }

    private Builder(GenerationConfig origin) {
      this.origin = origin;
    }

    /** The tokens that end a row ({@code eos_token_id}). Defaults to none. */
    public Builder eosTokenId(int... ids) {
      return eosTokenId(Arrays.stream(ids).boxed().toList());
    }

    /**
     * Returns the settings.
     *
     * <p>A setting that does nothing, such as {@code topP} without {@code doSample}, is refused where it was set in
     * this builder, not where it comes from a file or from what the builder started from.
     *
     * @throws IllegalArgumentException naming each setting whose value cannot be, all at once
     */
    @Override
    public GenerationConfig build() {
      GenerationConfig config = unchecked();
      return checked(config, IdleSettings.of(config, origin == null ? IdleSettings.NONE : origin));
    }

    /** Returns the settings of a file, which may hold some that do nothing: transformers says a word and takes it. */
    GenerationConfig buildAsRead() {
      return checked(unchecked(), List.of());
    }

    private static GenerationConfig checked(GenerationConfig config, List<String> idle) {
      List<String> problems = new ArrayList<>(table().sentences(config));
      problems.addAll(idle);
      if (!problems.isEmpty()) {
        throw new IllegalArgumentException(
            "The generation settings are not valid:\n  " + String.join("\n  ", problems));
      }
      return config;
    }

    /** The settings as they were set, with lists that nobody can change. */
    GenerationConfig unchecked() {
      badWordsIds(super.build().badWordsIds().stream().map(List::copyOf).toList());
      return super.build();
    }
  }
}
