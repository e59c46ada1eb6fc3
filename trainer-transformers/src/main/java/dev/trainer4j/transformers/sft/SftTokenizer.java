// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.transformers.tokenization.AddedToken;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import dev.trainer4j.transformers.tokenization.TokenizerException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A tokenizer with the end token, the chat template and the pad token that arguments name.
 *
 * <p>{@code chatTemplatePath} is a file with a template, or the folder of a tokenizer. Of a folder come the template, the end
 * token, and the added tokens that the vocabulary lacks, for which the model needs embeddings.
 */
final class SftTokenizer implements AutoCloseable {

  private final PretrainedTokenizer original;
  private PretrainedTokenizer tokenizer;
  private final List<Integer> addedTokens = new ArrayList<>();

  private SftTokenizer(PretrainedTokenizer original) {
    this.original = original;
    tokenizer = original;
  }

  /**
   * Sets up a tokenizer, which stays as it is, and open.
   *
   * @throws IllegalArgumentException if the vocabulary lacks a token, or there is no template where one is named
   */
  static SftTokenizer of(PretrainedTokenizer original, SftArguments arguments) {
    SftTokenizer result = new SftTokenizer(original);
    try {
      result.apply(arguments);
    } catch (RuntimeException e) {
      result.close();
      throw e;
    }
    return result;
  }

  /** The tokenizer that rows are prepared with, and that is saved beside the model. */
  PretrainedTokenizer tokenizer() {
    return tokenizer;
  }

  /** The ids of the tokens that a folder's template brought along. */
  List<Integer> addedTokens() {
    return List.copyOf(addedTokens);
  }

  /** Frees what was made; the tokenizer it was made of stays open. */
  @Override
  public void close() {
    if (tokenizer != original) {
      tokenizer.close();
    }
  }

  private void apply(SftArguments arguments) {
    String end = arguments.eosToken();
    if (end != null) {
      require("eosToken", end);
      change(t -> t.withSpecialToken(SpecialToken.EOS, end));
    }
    Path path = arguments.chatTemplatePath();
    if (path != null) {
      template(path);
    }
    String pad = arguments.padToken();
    if (pad != null) {
      require("padToken", pad);
      change(t -> t.withSpecialToken(SpecialToken.PAD, pad));
    } else if (tokenizer.specialToken(SpecialToken.PAD).isEmpty()) {
      String otherwise =
          tokenizer
              .specialToken(SpecialToken.EOS)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "the tokenizer has neither a pad_token nor an eos_token to fill up batches with:"
                              + " set padToken to a token of its vocabulary."));
      change(t -> t.withSpecialToken(SpecialToken.PAD, otherwise));
    }
  }

  private void require(String argument, String token) {
    if (tokenizer.tokenToId(token).isEmpty()) {
      throw new IllegalArgumentException(
          argument
              + " is '"
              + token
              + "', which is not in the vocabulary of the tokenizer: name one that is, or add it first with"
              + " tokenizer.withAddedTokens(List.of(AddedToken.special(token))).");
    }
  }

  private void template(Path path) {
    String name = String.valueOf(path.getFileName());
    if (Files.isRegularFile(path) && (name.endsWith(".jinja") || name.endsWith(".j2"))) {
      String text = read(path);
      try {
        change(t -> t.withChatTemplate(text));
      } catch (TokenizerException e) {
        throw new IllegalArgumentException(
            "chatTemplatePath is " + path + ": " + e.getMessage(), e);
      }
    } else if (Files.isDirectory(path)) {
      try (PretrainedTokenizer source = PretrainedTokenizer.load(path)) {
        cloneFrom(source, path);
      }
    } else {
      throw new IllegalArgumentException(
          "chatTemplatePath is "
              + path
              + ", expected a file that ends in .jinja or .j2, or the folder of a tokenizer.");
    }
  }

  private static String read(Path path) {
    try {
      return Files.readString(path);
    } catch (MalformedInputException e) {
      throw new IllegalArgumentException(
          "chatTemplatePath is " + path + ", which is not UTF-8: convert it.", e);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "chatTemplatePath is " + path + ", which cannot be read: " + e, e);
    }
  }

  private void cloneFrom(PretrainedTokenizer source, Path path) {
    String text =
        source
            .chatTemplate()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "chatTemplatePath is " + path + ", whose tokenizer has no chat template."));
    List<AddedToken> missing =
        source.addedTokens().stream()
            .filter(token -> tokenizer.tokenToId(token.content()).isEmpty())
            .toList();
    if (!missing.isEmpty()) {
      change(t -> t.withAddedTokens(missing));
      missing.forEach(token -> addedTokens.add(tokenizer.tokenToId(token.content()).orElseThrow()));
    }
    change(t -> t.withChatTemplate(text));
    source
        .specialToken(SpecialToken.EOS)
        .ifPresent(token -> change(t -> t.withSpecialToken(SpecialToken.EOS, token)));
  }

  /** Puts a changed tokenizer in the place of the one before, which is closed unless it is the caller's. */
  private void change(UnaryOperator<PretrainedTokenizer> step) {
    PretrainedTokenizer next = step.apply(tokenizer);
    close();
    tokenizer = next;
  }
}
