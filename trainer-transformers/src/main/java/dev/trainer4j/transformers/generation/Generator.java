// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import dev.trainer4j.model.Inference;
import dev.trainer4j.model.PassFailure;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes text with a model: transformers' {@code generate}.
 *
 * <pre>{@code
 * GenerationConfig config = model.generationConfig().toBuilder().maxNewTokens(40).build();
 * long[][] text = Generator.of(model).generate(inputIds, attentionMask, config).sequences();
 * }</pre>
 *
 * <p>Greedy by default; {@code doSample} draws, {@code numBeams} searches. Rows of different lengths are padded on the
 * left for a decoder-only model, on the right for an encoder. Immutable.
 */
public final class Generator {

  private final GenerativeModel model;
  private final @Nullable TokenDecoder decoder;
  private final @Nullable TokenStreamer streamer;

  private Generator(
      GenerativeModel model, @Nullable TokenDecoder decoder, @Nullable TokenStreamer streamer) {
    this.model = model;
    this.decoder = decoder;
    this.streamer = streamer;
  }

  /** Returns a generator that writes with {@code model}. */
  public static Generator of(GenerativeModel model) {
    return new Generator(model, null, null);
  }

  /** Returns a generator that can also heed stop strings. */
  public Generator withDecoder(TokenDecoder decoder) {
    return new Generator(model, decoder, streamer);
  }

  /** Returns a generator that tells {@code streamer} of each token as it is chosen. */
  public Generator withStreamer(TokenStreamer streamer) {
    return new Generator(model, decoder, streamer);
  }

  /**
   * Writes on where {@code prompt} ends, with a tokenizer; also the means to heed stop strings.
   *
   * @return the new text, without the prompt and without special tokens
   */
  public String generate(PretrainedTokenizer tokenizer, String prompt, GenerationConfig config) {
    long[] ids = Arrays.stream(tokenizer.encode(prompt).inputIds()).asLongStream().toArray();
    if (ids.length == 0) {
      throw new IllegalArgumentException(
          "the prompt is empty, and the tokenizer adds no token to it: give at least one token, such"
              + " as the one that begins a text");
    }
    Generator generator =
        decoder == null ? withDecoder(tokens -> tokenizer.decode(tokens, false)) : this;
    long[] row = generator.generate(new long[][] {ids}, null, config).newTokens()[0];
    return tokenizer.decode(row, true);
  }

  /** Generates with the model's own settings and nothing padded. */
  public GenerationOutput generate(long[][] inputIds) {
    return generate(inputIds, null, model.generationConfig());
  }

  /**
   * Generates.
   *
   * @param inputIds one row of token ids for each text, all of one length
   * @param attentionMask of the same shape: 0 where a row is padded, else 1; null if nothing is
   * @param config the settings; see {@link GenerativeModel#generationConfig} for the model's own
   * @throws IllegalArgumentException if the inputs do not fit each other or the settings
   */
  public GenerationOutput generate(
      long[][] inputIds, long @Nullable [][] attentionMask, GenerationConfig config) {
    check(inputIds, attentionMask);
    if (attentionMask != null && !model.isEncoderDecoder()) {
      checkEnds(attentionMask);
    }
    checkCapabilities(config);
    return PassFailure.explaining(
        "generate",
        () ->
            "inputIds ["
                + inputIds.length
                + ", "
                + inputIds[0].length
                + "] and the settings "
                + GenerationConfigJson.values(config),
        "Token ids of the settings must be in the model's vocabulary",
        () -> run(inputIds, attentionMask, config));
  }

  private GenerationOutput run(
      long[][] inputIds, long @Nullable [][] attentionMask, GenerationConfig config) {
    Inference.requireOpen(model.manager());
    long[][] prompt = model.isEncoderDecoder() ? starts(inputIds.length, config) : inputIds;
    GenerationLimits limits = GenerationLimits.of(config, prompt[0].length);
    try (TokenChooser chooser = new TokenChooser(config, limits, model.manager());
        DecodingSession session =
            model.startDecoding(inputIds, attentionMask, limits.maxLength())) {
      Stopping stopping = new Stopping(config, decoder);
      if (config.numBeams() > 1) {
        return new BeamSearch(config, limits, stopping, chooser, session).run(prompt);
      }
      return new TokenByToken(config, limits, stopping, chooser, session, streamer).run(prompt);
    }
  }

  private static void check(long[][] inputIds, long @Nullable [][] attentionMask) {
    if (inputIds.length == 0 || inputIds[0].length == 0) {
      throw new IllegalArgumentException("inputIds is empty: give at least one row of one token");
    }
    int length = inputIds[0].length;
    if (Arrays.stream(inputIds).anyMatch(row -> row.length != length)) {
      throw new IllegalArgumentException(
          "inputIds has rows of different lengths: pad them, and say so in attentionMask");
    }
    if (attentionMask != null
        && (attentionMask.length != inputIds.length
            || Arrays.stream(attentionMask).anyMatch(row -> row.length != length))) {
      throw new IllegalArgumentException(
          "attentionMask has another shape than inputIds, ["
              + inputIds.length
              + ", "
              + length
              + "]");
    }
    if (attentionMask != null) {
      checkNotEmpty(attentionMask);
    }
  }

  private static void checkNotEmpty(long[][] attentionMask) {
    for (int i = 0; i < attentionMask.length; i++) {
      if (Arrays.stream(attentionMask[i]).allMatch(seen -> seen == 0)) {
        throw new IllegalArgumentException(
            "row " + i + " of attentionMask hides everything: a prompt needs at least one token");
      }
    }
  }

  /** A decoder writes on from the last place, which must not be padding. */
  private static void checkEnds(long[][] attentionMask) {
    for (int i = 0; i < attentionMask.length; i++) {
      if (attentionMask[i][attentionMask[i].length - 1] == 0) {
        throw new IllegalArgumentException(
            "row "
                + i
                + " of attentionMask hides its last token, from which a decoder writes on: pad prompts on"
                + " the left, such as with padding_side \"left\" in tokenizer_config.json");
      }
    }
  }

  private void checkCapabilities(GenerationConfig config) {
    if (!config.stopStrings().isEmpty() && decoder == null) {
      throw new IllegalArgumentException(
          "stopStrings is "
              + config.stopStrings()
              + ", but nothing turns tokens into text: call withDecoder");
    }
    if (streamer != null && config.numBeams() > 1) {
      throw new IllegalArgumentException(
          "numBeams is "
              + config.numBeams()
              + ", but beam search cannot stream: its tokens may change until the end");
    }
  }

  private static long[][] starts(int rows, GenerationConfig config) {
    Integer start = config.decoderStartTokenId();
    if (start == null) {
      start = config.bosTokenId();
    }
    if (start == null) {
      throw new IllegalArgumentException(
          "decoderStartTokenId is not set, and an encoder-decoder model must start from something");
    }
    long first = start;
    long[][] prompt = new long[rows][];
    Arrays.setAll(prompt, i -> new long[] {first});
    return prompt;
  }

  /** Returns each row {@code times} times, one after the other. */
  static long[] repeated(int rows, int times) {
    long[] indices = new long[rows * times];
    Arrays.setAll(indices, i -> i / times);
    return indices;
  }

  /** Returns one column for the model: the next token of each row. */
  static long[][] column(long[] tokens) {
    return Arrays.stream(tokens).mapToObj(token -> new long[] {token}).toArray(long[][]::new);
  }

  /** Returns the token that fills rows that have ended, and what beam search fills with. */
  static long padding(GenerationConfig config) {
    Integer pad = config.padTokenId();
    List<Integer> ends = config.eosTokenId();
    if (pad != null) {
      return pad;
    }
    return ends.isEmpty() ? 0 : ends.get(0);
  }
}
