// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Hands on the text of one row as it is written: transformers' {@code TextStreamer}, without the prompt.
 *
 * <pre>{@code
 * Generator.of(model).withStreamer(new TextStreamer(tokenizer, System.out::print))
 * }</pre>
 *
 * <p>A character that is made of several tokens comes when it is whole; {@link #end} hands on what never became so. Special tokens are
 * left out. One object streams one text.
 */
public final class TextStreamer implements TokenStreamer {

  /** Stands in decoded text for bytes that are no character, or not yet. */
  private static final char INCOMPLETE = '\uFFFD';

  private final PretrainedTokenizer tokenizer;
  private final Consumer<String> out;
  private long[] tokens = new long[0];
  private int told;

  /** Hands each new piece of text to {@code out}. */
  public TextStreamer(PretrainedTokenizer tokenizer, Consumer<String> out) {
    this.tokenizer = tokenizer;
    this.out = out;
  }

  /**
   * Hands on what is new.
   *
   * @throws IllegalArgumentException if there are several rows, whose texts would mix
   */
  @Override
  public void onTokens(long[] next) {
    if (next.length != 1) {
      throw new IllegalArgumentException(
          "a TextStreamer streams one text, but there are " + next.length + ": generate one row");
    }
    tokens = Arrays.copyOf(tokens, tokens.length + 1);
    tokens[tokens.length - 1] = next[0];
    String text = tokenizer.decode(tokens, true);
    if (text.length() <= told || text.charAt(text.length() - 1) == INCOMPLETE) {
      return;
    }
    out.accept(text.substring(told));
    if (text.endsWith("\n")) {
      // What is decoded anew with each token does not grow beyond a line.
      tokens = new long[0];
      told = 0;
    } else {
      told = text.length();
    }
  }

  /** Hands on what is left where the text ends within a character, as transformers' {@code end()}; to be called once, or not at all. */
  public void end() {
    String text = tokenizer.decode(tokens, true);
    if (text.length() > told) {
      out.accept(text.substring(told));
    }
    tokens = new long[0];
    told = 0;
  }
}
