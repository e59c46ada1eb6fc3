// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
public final class GenerationConfig {

  /** The file's name in a model folder. */
  public static final String FILE_NAME = "generation_config.json";

  private final int maxLength;
  private final @Nullable Integer maxNewTokens;
  private final int minLength;
  private final int minNewTokens;
  private final boolean doSample;
  private final EarlyStopping earlyStopping;
  private final int numBeams;
  private final int numReturnSequences;
  private final double temperature;
  private final int topK;
  private final double topP;
  private final @Nullable Double minP;
  private final double repetitionPenalty;
  private final double lengthPenalty;
  private final int noRepeatNgramSize;
  private final List<List<Integer>> badWordsIds;
  private final List<Integer> suppressTokens;
  private final List<Integer> beginSuppressTokens;
  private final @Nullable Integer forcedBosTokenId;
  private final List<Integer> forcedEosTokenId;
  private final List<String> stopStrings;
  private final @Nullable Integer bosTokenId;
  private final List<Integer> eosTokenId;
  private final @Nullable Integer padTokenId;
  private final @Nullable Integer decoderStartTokenId;
  private final long seed;
  private final Map<String, JsonNode> others;

  private GenerationConfig(Builder builder) {
    maxLength = builder.maxLength;
    maxNewTokens = builder.maxNewTokens;
    minLength = builder.minLength;
    minNewTokens = builder.minNewTokens;
    doSample = builder.doSample;
    earlyStopping = builder.earlyStopping;
    numBeams = builder.numBeams;
    numReturnSequences = builder.numReturnSequences;
    temperature = builder.temperature;
    topK = builder.topK;
    topP = builder.topP;
    minP = builder.minP;
    repetitionPenalty = builder.repetitionPenalty;
    lengthPenalty = builder.lengthPenalty;
    noRepeatNgramSize = builder.noRepeatNgramSize;
    badWordsIds = builder.badWordsIds;
    suppressTokens = builder.suppressTokens;
    beginSuppressTokens = builder.beginSuppressTokens;
    forcedBosTokenId = builder.forcedBosTokenId;
    forcedEosTokenId = builder.forcedEosTokenId;
    stopStrings = builder.stopStrings;
    bosTokenId = builder.bosTokenId;
    eosTokenId = builder.eosTokenId;
    padTokenId = builder.padTokenId;
    decoderStartTokenId = builder.decoderStartTokenId;
    seed = builder.seed;
    others = builder.others;
  }

  /** Returns a builder with transformers' defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the defaults. */
  public static GenerationConfig defaults() {
    return builder().build();
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
    return parse(file.toString(), Files.readString(file));
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

  /** Returns a builder that starts from this. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.maxLength = maxLength;
    builder.maxNewTokens = maxNewTokens;
    builder.minLength = minLength;
    builder.minNewTokens = minNewTokens;
    builder.doSample = doSample;
    builder.earlyStopping = earlyStopping;
    builder.numBeams = numBeams;
    builder.numReturnSequences = numReturnSequences;
    builder.temperature = temperature;
    builder.topK = topK;
    builder.topP = topP;
    builder.minP = minP;
    builder.repetitionPenalty = repetitionPenalty;
    builder.lengthPenalty = lengthPenalty;
    builder.noRepeatNgramSize = noRepeatNgramSize;
    builder.badWordsIds = badWordsIds;
    builder.suppressTokens = suppressTokens;
    builder.beginSuppressTokens = beginSuppressTokens;
    builder.forcedBosTokenId = forcedBosTokenId;
    builder.forcedEosTokenId = forcedEosTokenId;
    builder.stopStrings = stopStrings;
    builder.bosTokenId = bosTokenId;
    builder.eosTokenId = eosTokenId;
    builder.padTokenId = padTokenId;
    builder.decoderStartTokenId = decoderStartTokenId;
    builder.seed = seed;
    builder.others = others;
    return builder;
  }

  /** Keys of the file that change nothing here. */
  Map<String, JsonNode> others() {
    return others;
  }

  /** The length, prompt included, at which a row ends ({@code max_length}); {@link #maxNewTokens} wins. */
  public int maxLength() {
    return maxLength;
  }

  /** How many tokens to add at most ({@code max_new_tokens}); null leaves it to {@link #maxLength}. */
  public @Nullable Integer maxNewTokens() {
    return maxNewTokens;
  }

  /** The length, prompt included, before which no row ends ({@code min_length}). */
  public int minLength() {
    return minLength;
  }

  /** How many tokens to add at least ({@code min_new_tokens}). */
  public int minNewTokens() {
    return minNewTokens;
  }

  /** Whether to draw tokens at random ({@code do_sample}); otherwise the likeliest is taken. */
  public boolean doSample() {
    return doSample;
  }

  /** When a beam search ends ({@code early_stopping}). */
  public EarlyStopping earlyStopping() {
    return earlyStopping;
  }

  /** The number of beams ({@code num_beams}); 1 means none. */
  public int numBeams() {
    return numBeams;
  }

  /** How many sequences to return for each input ({@code num_return_sequences}). */
  public int numReturnSequences() {
    return numReturnSequences;
  }

  /** What logits are divided by when sampling ({@code temperature}). */
  public double temperature() {
    return temperature;
  }

  /** When sampling, the number of likeliest tokens to draw from ({@code top_k}); 0 means all. */
  public int topK() {
    return topK;
  }

  /** When sampling, the probability that the tokens to draw from make up ({@code top_p}); 1 means all. */
  public double topP() {
    return topP;
  }

  /** When sampling, the share of the likeliest token's probability that others must have ({@code min_p}); null means none. */
  public @Nullable Double minP() {
    return minP;
  }

  /** What the scores of tokens that are there already are divided by, or multiplied if negative ({@code repetition_penalty}). */
  public double repetitionPenalty() {
    return repetitionPenalty;
  }

  /** The power of the length that the scores of beams are divided by ({@code length_penalty}): above 0 favours long ones. */
  public double lengthPenalty() {
    return lengthPenalty;
  }

  /** The number of tokens in a row that may not come twice ({@code no_repeat_ngram_size}); 0 means none. */
  public int noRepeatNgramSize() {
    return noRepeatNgramSize;
  }

  /** Sequences of tokens that may not be written ({@code bad_words_ids}). */
  public List<List<Integer>> badWordsIds() {
    return badWordsIds;
  }

  /** Tokens that may not be written ({@code suppress_tokens}). */
  public List<Integer> suppressTokens() {
    return suppressTokens;
  }

  /** Tokens that may not come first ({@code begin_suppress_tokens}). */
  public List<Integer> beginSuppressTokens() {
    return beginSuppressTokens;
  }

  /** The token that must come first after the decoder's start ({@code forced_bos_token_id}). */
  public @Nullable Integer forcedBosTokenId() {
    return forcedBosTokenId;
  }

  /** The token that must come last when the length is reached ({@code forced_eos_token_id}). */
  public List<Integer> forcedEosTokenId() {
    return forcedEosTokenId;
  }

  /** Texts that end a row ({@code stop_strings}); they need a {@link TokenDecoder}. */
  public List<String> stopStrings() {
    return stopStrings;
  }

  /** The token that begins a text ({@code bos_token_id}). */
  public @Nullable Integer bosTokenId() {
    return bosTokenId;
  }

  /** The tokens that end a row ({@code eos_token_id}). */
  public List<Integer> eosTokenId() {
    return eosTokenId;
  }

  /** The token that fills rows that ended ({@code pad_token_id}); the first that ends a row if null. */
  public @Nullable Integer padTokenId() {
    return padTokenId;
  }

  /** The token an encoder-decoder model starts from ({@code decoder_start_token_id}). */
  public @Nullable Integer decoderStartTokenId() {
    return decoderStartTokenId;
  }

  /** Seeds the draws of sampling. Not a key of the file: in transformers the seed is the process's. */
  public long seed() {
    return seed;
  }

  /** Collects settings; {@link #build} checks them. */
  public static final class Builder {
    private int maxLength = 20;
    private @Nullable Integer maxNewTokens = null;
    private int minLength = 0;
    private int minNewTokens = 0;
    private boolean doSample = false;
    private EarlyStopping earlyStopping = EarlyStopping.FALSE;
    private int numBeams = 1;
    private int numReturnSequences = 1;
    private double temperature = 1.0;
    private int topK = 50;
    private double topP = 1.0;
    private @Nullable Double minP = null;
    private double repetitionPenalty = 1.0;
    private double lengthPenalty = 1.0;
    private int noRepeatNgramSize = 0;
    private List<List<Integer>> badWordsIds = List.of();
    private List<Integer> suppressTokens = List.of();
    private List<Integer> beginSuppressTokens = List.of();
    private @Nullable Integer forcedBosTokenId = null;
    private List<Integer> forcedEosTokenId = List.of();
    private List<String> stopStrings = List.of();
    private @Nullable Integer bosTokenId = null;
    private List<Integer> eosTokenId = List.of();
    private @Nullable Integer padTokenId = null;
    private @Nullable Integer decoderStartTokenId = null;
    private long seed = 0;
    private Map<String, JsonNode> others = Map.of();

    private Builder() {}

    /** The length, prompt included, at which a row ends ({@code max_length}); {@link #maxNewTokens} wins. Defaults to {@code 20}. */
    public Builder maxLength(int maxLength) {
      this.maxLength = maxLength;
      return this;
    }

    /** How many tokens to add at most ({@code max_new_tokens}); null leaves it to {@link #maxLength}. Defaults to {@code null}. */
    public Builder maxNewTokens(@Nullable Integer maxNewTokens) {
      this.maxNewTokens = maxNewTokens;
      return this;
    }

    /** The length, prompt included, before which no row ends ({@code min_length}). Defaults to {@code 0}. */
    public Builder minLength(int minLength) {
      this.minLength = minLength;
      return this;
    }

    /** How many tokens to add at least ({@code min_new_tokens}). Defaults to {@code 0}. */
    public Builder minNewTokens(int minNewTokens) {
      this.minNewTokens = minNewTokens;
      return this;
    }

    /** Whether to draw tokens at random ({@code do_sample}); otherwise the likeliest is taken. Defaults to {@code false}. */
    public Builder doSample(boolean doSample) {
      this.doSample = doSample;
      return this;
    }

    /** When a beam search ends ({@code early_stopping}). Defaults to {@code EarlyStopping.FALSE}. */
    public Builder earlyStopping(EarlyStopping earlyStopping) {
      this.earlyStopping = earlyStopping;
      return this;
    }

    /** The number of beams ({@code num_beams}); 1 means none. Defaults to {@code 1}. */
    public Builder numBeams(int numBeams) {
      this.numBeams = numBeams;
      return this;
    }

    /** How many sequences to return for each input ({@code num_return_sequences}). Defaults to {@code 1}. */
    public Builder numReturnSequences(int numReturnSequences) {
      this.numReturnSequences = numReturnSequences;
      return this;
    }

    /** What logits are divided by when sampling ({@code temperature}). Defaults to {@code 1.0}. */
    public Builder temperature(double temperature) {
      this.temperature = temperature;
      return this;
    }

    /** When sampling, the number of likeliest tokens to draw from ({@code top_k}); 0 means all. Defaults to {@code 50}. */
    public Builder topK(int topK) {
      this.topK = topK;
      return this;
    }

    /** When sampling, the probability that the tokens to draw from make up ({@code top_p}); 1 means all. Defaults to {@code 1.0}. */
    public Builder topP(double topP) {
      this.topP = topP;
      return this;
    }

    /** When sampling, the share of the likeliest token's probability that others must have ({@code min_p}); null means none. Defaults to {@code null}. */
    public Builder minP(@Nullable Double minP) {
      this.minP = minP;
      return this;
    }

    /** What the scores of tokens that are there already are divided by, or multiplied if negative ({@code repetition_penalty}). Defaults to {@code 1.0}. */
    public Builder repetitionPenalty(double repetitionPenalty) {
      this.repetitionPenalty = repetitionPenalty;
      return this;
    }

    /** The power of the length that the scores of beams are divided by ({@code length_penalty}): above 0 favours long ones. Defaults to {@code 1.0}. */
    public Builder lengthPenalty(double lengthPenalty) {
      this.lengthPenalty = lengthPenalty;
      return this;
    }

    /** The number of tokens in a row that may not come twice ({@code no_repeat_ngram_size}); 0 means none. Defaults to {@code 0}. */
    public Builder noRepeatNgramSize(int noRepeatNgramSize) {
      this.noRepeatNgramSize = noRepeatNgramSize;
      return this;
    }

    /** Sequences of tokens that may not be written ({@code bad_words_ids}). Defaults to {@code []}. */
    public Builder badWordsIds(List<List<Integer>> badWordsIds) {
      this.badWordsIds = badWordsIds.stream().map(List::copyOf).toList();
      return this;
    }

    /** Tokens that may not be written ({@code suppress_tokens}). Defaults to {@code []}. */
    public Builder suppressTokens(List<Integer> suppressTokens) {
      this.suppressTokens = List.copyOf(suppressTokens);
      return this;
    }

    /** Tokens that may not come first ({@code begin_suppress_tokens}). Defaults to {@code []}. */
    public Builder beginSuppressTokens(List<Integer> beginSuppressTokens) {
      this.beginSuppressTokens = List.copyOf(beginSuppressTokens);
      return this;
    }

    /** The token that must come first after the decoder's start ({@code forced_bos_token_id}). Defaults to {@code null}. */
    public Builder forcedBosTokenId(@Nullable Integer forcedBosTokenId) {
      this.forcedBosTokenId = forcedBosTokenId;
      return this;
    }

    /** The token that must come last when the length is reached ({@code forced_eos_token_id}). Defaults to {@code []}. */
    public Builder forcedEosTokenId(List<Integer> forcedEosTokenId) {
      this.forcedEosTokenId = List.copyOf(forcedEosTokenId);
      return this;
    }

    /** Texts that end a row ({@code stop_strings}); they need a {@link TokenDecoder}. Defaults to {@code []}. */
    public Builder stopStrings(List<String> stopStrings) {
      this.stopStrings = List.copyOf(stopStrings);
      return this;
    }

    /** The token that begins a text ({@code bos_token_id}). Defaults to {@code null}. */
    public Builder bosTokenId(@Nullable Integer bosTokenId) {
      this.bosTokenId = bosTokenId;
      return this;
    }

    /** The tokens that end a row ({@code eos_token_id}). Defaults to none. */
    public Builder eosTokenId(List<Integer> eosTokenId) {
      this.eosTokenId = List.copyOf(eosTokenId);
      return this;
    }

    /** The token that fills rows that ended ({@code pad_token_id}); the first that ends a row if null. Defaults to {@code null}. */
    public Builder padTokenId(@Nullable Integer padTokenId) {
      this.padTokenId = padTokenId;
      return this;
    }

    /** The token an encoder-decoder model starts from ({@code decoder_start_token_id}). Defaults to {@code null}. */
    public Builder decoderStartTokenId(@Nullable Integer decoderStartTokenId) {
      this.decoderStartTokenId = decoderStartTokenId;
      return this;
    }

    /** Seeds the draws of sampling. Not a key of the file: in transformers the seed is the process's. Defaults to {@code 0}. */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /** The tokens that end a row ({@code eos_token_id}). Defaults to none. */
    public Builder eosTokenId(int... ids) {
      return eosTokenId(java.util.Arrays.stream(ids).boxed().toList());
    }

    Builder others(Map<String, JsonNode> others) {
      this.others = Map.copyOf(others);
      return this;
    }

    /**
     * Returns the settings.
     *
     * @throws IllegalArgumentException naming each setting whose value cannot be, all at once
     */
    public GenerationConfig build() {
      GenerationConfig config = new GenerationConfig(this);
      List<String> problems = GenerationRules.problems(config);
      if (!problems.isEmpty()) {
        throw new IllegalArgumentException(
            "The generation settings are not valid:\n  " + String.join("\n  ", problems));
      }
      return config;
    }
  }
}
