// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.data.Folders;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.jinja.Rendered;
import dev.trainer4j.json.JsonPlace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tokenizer of a Hugging Face folder: {@code tokenizer.json} with {@code tokenizer_config.json},
 * run by the same native library as in Python, without a network.
 *
 * <pre>{@code
 * try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(Path.of("bert-base-cased"))) {
 *   TokenizedText text = tokenizer.encode("Oslo is far away.", EncodeOptions.truncated(128));
 *   String back = tokenizer.decode(text.inputIds(), true);
 * }
 * }</pre>
 *
 * <p>Safe for use from several threads. It does not pad: collators do, with {@link #padTokenId} and
 * {@link #paddingSide}. Given to a trainer as {@code processingClass}, it is saved with every
 * checkpoint, each file byte by byte as it was read.
 */
public final class PretrainedTokenizer implements ProcessingClass, AutoCloseable {

  /** What labels have where losses ignore them. */
  private static final int IGNORED = -100;

  private final TokenizerFiles files;
  private final TokenizerConfig config;
  private final Vocabulary vocabulary;
  private final ChatTemplates chatTemplates;
  private final List<String> modelInputNames;
  private final EncodingConversion conversion;
  private final Cutting cutting;
  private final int modelMaxLength;
  private final int padTokenTypeId;
  private final Side paddingSide;
  private final Side truncationSide;
  private final boolean cleansUp;
  private final boolean trusted;
  private final NativeTokenizer backend;

  private PretrainedTokenizer(TokenizerFiles files, boolean trusted) {
    this.files = files;
    this.trusted = trusted;
    JsonPlace root = files.json(TokenizerFiles.TOKENIZER);
    ObjectNode json = (ObjectNode) root.node();
    config = new TokenizerConfig(files, json);
    vocabulary = new Vocabulary(files, root);
    chatTemplates = new ChatTemplates(files, config.chatTemplate());
    modelInputNames = config.modelInputNames();
    modelMaxLength = config.modelMaxLength();
    padTokenTypeId = config.padTokenTypeId();
    paddingSide = config.paddingSide();
    truncationSide = config.truncationSide();
    cutting = new Cutting(modelMaxLength, truncationSide);
    // As Python: in the text of a byte pair encoding, spaces are as they were.
    cleansUp =
        config.cleanUpTokenizationSpaces()
            && !json.path("model").path("type").asText().equals("BPE");
    int longestText = new NativeCheck(root, trusted).longestText();
    String original = files.text(TokenizerFiles.TOKENIZER).orElseThrow();
    String completed = new NativeJson(json, config, vocabulary).complete(original);
    AddedTokensCheck.check(files, root);
    conversion = new EncodingConversion(modelInputNames, ByteLevel.of(json, vocabulary));
    backend =
        new NativeTokenizer(files, completed, longestText, ModelCheck.mayFail(json.path("model")));
  }

  /**
   * Reads the tokenizer of a folder.
   *
   * @param folder holds {@code tokenizer.json} and, as a rule, {@code tokenizer_config.json}
   * @throws TokenizerException if a file is missing, or does not hold what it should, or has a pattern
   *     that some text could keep busy forever
   */
  public static PretrainedTokenizer load(Path folder) {
    return new PretrainedTokenizer(TokenizerFiles.read(folder), false);
  }

  /**
   * Reads the tokenizer of a model that is given by its folder, or by its name on the Hub where the module
   * trainer-hub is on the class path.
   *
   * @param folderOrName as {@code AutoModels.load(String)} takes it
   * @throws IOException if there is neither; the message says what to do
   * @throws TokenizerException as {@link #load(Path)}
   */
  public static PretrainedTokenizer load(String folderOrName) throws IOException {
    return load(Folders.ofModel(folderOrName));
  }

  /**
   * Reads the tokenizer of a folder that you trust: as {@link #load(Path)}, but without a look at how long
   * its patterns ({@code Split}, {@code Replace}) may take. A pattern that backtracks too often ends
   * the process, whatever the text comes from.
   *
   * @throws TokenizerException if a file is missing or does not hold what it should
   */
  public static PretrainedTokenizer loadTrusted(Path folder) {
    return new PretrainedTokenizer(TokenizerFiles.read(folder), true);
  }

  /**
   * Returns a tokenizer of its own that has a token in a role: {@code tokenizer.pad_token =
   * tokenizer.eos_token} in Python. The change is part of what {@link #save} writes, in {@code
   * tokenizer_config.json}. It has a native tokenizer of its own and this one stays open: close both.
   *
   * @param token a token of the vocabulary; {@link #withAddedTokens} adds new ones
   * @throws IllegalArgumentException if the vocabulary lacks the token
   */
  public PretrainedTokenizer withSpecialToken(SpecialToken role, String token) {
    if (vocabulary.id(token) == null) {
      throw new IllegalArgumentException(
          "the vocabulary has no token '"
              + token
              + "' to be the "
              + role.key()
              + ": choose another, or add it first with"
              + " withAddedTokens(List.of(AddedToken.special(token))).");
    }
    ObjectNode changed = (ObjectNode) files.json(TokenizerFiles.CONFIG).node();
    changed.put(role.key(), token);
    return new PretrainedTokenizer(
        files.with(TokenizerFiles.CONFIG, changed.toPrettyString()), trusted);
  }

  /**
   * Returns a tokenizer of its own that has a chat template in place of its own ones: {@code tokenizer.chat_template = text}
   * in Python. It is part of what {@link #save} writes, in {@code chat_template.jinja}. It has a native tokenizer of its own and
   * this one stays open: close both.
   *
   * @param template a Jinja template
   * @throws TokenizerException if it is none that can be rendered
   */
  public PretrainedTokenizer withChatTemplate(String template) {
    ObjectNode changed = (ObjectNode) files.json(TokenizerFiles.CONFIG).node();
    changed.remove("chat_template");
    TokenizerFiles all = files.withChatTemplate(template);
    new ChatTemplates(all, MissingNode.getInstance()).compile(template);
    return new PretrainedTokenizer(
        all.with(TokenizerFiles.CONFIG, changed.toPrettyString()), trusted);
  }

  /** Returns a tokenizer of its own with further ordinary tokens; see {@link #withAddedTokens(List)}. */
  public PretrainedTokenizer withAddedTokens(String... tokens) {
    return withAddedTokens(Stream.of(tokens).map(AddedToken::plain).toList());
  }

  /**
   * Returns a tokenizer of its own with further tokens: {@code tokenizer.add_tokens} in Python. A token of the
   * vocabulary keeps its id, and is no longer split; one that was added before gets the new flags. They are part
   * of what {@link #save} writes, in {@code tokenizer.json}. The model needs embeddings for the new ids: {@code
   * model.resizeTokenEmbeddings(tokenizer.size())}. It has a native tokenizer of its own and this one stays open:
   * close both.
   *
   * @throws IllegalArgumentException if a token is empty
   * @throws TokenizerException if the native tokenizer refuses a token
   */
  public PretrainedTokenizer withAddedTokens(List<AddedToken> tokens) {
    String text = TokenAddition.apply(files, tokens);
    return new PretrainedTokenizer(files.with(TokenizerFiles.TOKENIZER, text), trusted);
  }

  // ----------------------------------------------------------------------------- text to ids

  /** Encodes a text with special tokens, uncut. */
  public TokenizedText encode(String text) {
    return encode(text, EncodeOptions.defaults());
  }

  /** Encodes a text; what is cut off is lost. */
  public TokenizedText encode(String text, EncodeOptions options) {
    return cutting.cut(whole(text, null, options), options);
  }

  /**
   * Encodes a text to its ids, which are those of {@link #encode(String, EncodeOptions)}: for data of which
   * nothing else is needed, as it takes less time.
   */
  public int[] encodeIds(String text, EncodeOptions options) {
    if (options.truncation() != TruncationStrategy.DO_NOT_TRUNCATE) {
      return encode(text, options).inputIds();
    }
    String clean = Utf16.wellFormed(Objects.requireNonNull(text, "text"));
    int[] ids = backend.encode(clean, options.addSpecialTokens(), NativeEncoding::ids);
    cutting.warn(ids.length, options);
    return ids;
  }

  /** Encodes a pair, such as a question and its context; what is cut off is lost. */
  public TokenizedText encodePair(String text, String second, EncodeOptions options) {
    return cutting.cut(whole(text, Objects.requireNonNull(second, "second"), options), options);
  }

  /**
   * Encodes a text that is split into words already, as data for token classification is. Word ids
   * are indices of the list, offsets are within the word.
   */
  public TokenizedText encodeWords(List<String> words, EncodeOptions options) {
    List<String> clean = words.stream().map(Utf16::wellFormed).toList();
    TokenizedText whole =
        backend.encode(
            clean, options.addSpecialTokens(), encoding -> conversion.ofWords(encoding, clean));
    return cutting.cut(whole, options);
  }

  /** Encodes many texts at once, on all cores. */
  public List<TokenizedText> encodeBatch(List<String> texts, EncodeOptions options) {
    List<String> clean = texts.stream().map(Utf16::wellFormed).toList();
    if (clean.isEmpty()) {
      return List.of();
    }
    return backend.encodeBatch(
        clean,
        options.addSpecialTokens(),
        (encoding, i) -> cutting.cut(conversion.of(encoding, clean.get(i), null), options));
  }

  /** Encodes many pairs at once, on all cores; both lists are equally long. */
  public List<TokenizedText> encodePairs(
      List<String> texts, List<String> seconds, EncodeOptions options) {
    if (texts.size() != seconds.size()) {
      throw new IllegalArgumentException(
          "there are " + texts.size() + " texts, but " + seconds.size() + " second ones.");
    }
    if (texts.isEmpty()) {
      return List.of();
    }
    List<String> first = texts.stream().map(Utf16::wellFormed).toList();
    List<String> other = seconds.stream().map(Utf16::wellFormed).toList();
    return backend.encodePairs(
        first,
        other,
        options.addSpecialTokens(),
        (encoding, i) -> cutting.cut(conversion.of(encoding, first.get(i), other.get(i)), options));
  }

  /**
   * Encodes a text that may be too long for one piece: the pieces in their order, neighbors sharing
   * {@code stride} tokens. Hugging Face's {@code return_overflowing_tokens}.
   *
   * @param second the second text of a pair, null for none; needs truncation ONLY_FIRST or
   *     ONLY_SECOND, and whole it is in every piece if the first one is cut
   */
  public List<TokenizedText> encodePieces(
      String text, @Nullable String second, EncodeOptions options) {
    return cutting.pieces(whole(text, second, options), options);
  }

  private TokenizedText whole(String text, @Nullable String second, EncodeOptions options) {
    boolean special = options.addSpecialTokens();
    String clean = Utf16.wellFormed(Objects.requireNonNull(text, "text"));
    if (second == null) {
      return backend.encode(clean, special, encoding -> conversion.of(encoding, clean, null));
    }
    String other = Utf16.wellFormed(second);
    return backend.encode(clean, other, special, encoding -> conversion.of(encoding, clean, other));
  }

  // ----------------------------------------------------------------------------- ids to text

  /**
   * Turns ids into text. Ids beyond the vocabulary are left out, as in Python.
   *
   * @param skipSpecialTokens whether to leave out tokens such as [CLS]
   * @throws IllegalArgumentException if an id is negative, such as the -100 of ignored labels
   */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    return decode(wide, skipSpecialTokens);
  }

  /** Turns ids into text, as {@link #decode(int[], boolean)}. */
  public String decode(long[] ids, boolean skipSpecialTokens) {
    for (long id : ids) {
      if (id < 0 || id > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "the id "
                + id
                + " is none of a token: replace the -100 of labels by the padding token first.");
      }
    }
    String text = backend.decode(ids, skipSpecialTokens);
    return cleansUp ? cleanUp(text) : text;
  }

  /**
   * Turns rows of ids into texts, such as what a model wrote and the labels it should have written.
   *
   * @param skipSpecialTokens whether to leave out tokens such as [CLS], and with them the -100 of ignored
   *     labels, which Python has to replace by the padding token first
   * @throws IllegalArgumentException if an id is negative otherwise
   */
  public List<String> decodeBatch(long[][] ids, boolean skipSpecialTokens) {
    List<String> texts = new ArrayList<>(ids.length);
    for (long[] row : ids) {
      long[] kept =
          skipSpecialTokens ? Arrays.stream(row).filter(id -> id != IGNORED).toArray() : row;
      texts.add(decode(kept, skipSpecialTokens));
    }
    return texts;
  }

  private static String cleanUp(String text) {
    return text.replace(" .", ".")
        .replace(" ?", "?")
        .replace(" !", "!")
        .replace(" ,", ",")
        .replace(" ' ", "'")
        .replace(" n't", "n't")
        .replace(" 'm", "'m")
        .replace(" 's", "'s")
        .replace(" 've", "'ve")
        .replace(" 're", "'re");
  }

  // ----------------------------------------------------------------------------- vocabulary

  /** Returns the id of a token as it stands in the vocabulary, if it is there. */
  public OptionalInt tokenToId(String token) {
    Integer id = vocabulary.id(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Returns the token with this id, if there is one. */
  public Optional<String> idToToken(int id) {
    return Optional.ofNullable(vocabulary.token(id));
  }

  /** Returns the number of tokens without added ones: Hugging Face's {@code vocab_size}. */
  public int vocabSize() {
    return vocabulary.modelSize();
  }

  /** Returns the number of all tokens: {@code len(tokenizer)} in Python. */
  public int size() {
    return vocabulary.size();
  }

  /** Returns the tokens that are looked for before a text is split: Hugging Face's {@code added_tokens_decoder}. */
  public List<AddedToken> addedTokens() {
    return vocabulary.added();
  }

  /** Returns the text of a special token, if the tokenizer has one in this role. */
  public Optional<String> specialToken(SpecialToken role) {
    return Optional.ofNullable(config.specialTokens().get(role)).map(AddedToken::content);
  }

  /** Returns the id of a special token, if the tokenizer has one in this role. */
  public OptionalInt specialTokenId(SpecialToken role) {
    Optional<String> token = specialToken(role);
    return token.isEmpty() ? OptionalInt.empty() : tokenToId(token.get());
  }

  /** Returns the ids that {@link #decode} leaves out when asked to. */
  public Set<Integer> specialTokenIds() {
    return vocabulary.specialIds();
  }

  /**
   * Returns the id that fills up short texts.
   *
   * @throws TokenizerException if there is none
   */
  public int padTokenId() {
    return specialTokenId(SpecialToken.PAD)
        .orElseThrow(
            () ->
                new TokenizerException(
                    files.path(TokenizerFiles.CONFIG)
                        + " names no pad_token: choose one with withSpecialToken(PAD, token), for a"
                        + " causal model often its eos_token"
                        + specialToken(SpecialToken.EOS).map(t -> " (" + t + ")").orElse("")
                        + "."));
  }

  /** Returns the token type of padding; 0 unless configured. */
  public int padTokenTypeId() {
    return padTokenTypeId;
  }

  /** Returns the end at which short texts are filled up; RIGHT unless configured. */
  public Side paddingSide() {
    return paddingSide;
  }

  /** Returns the end at which long texts are cut; RIGHT unless configured. */
  public Side truncationSide() {
    return truncationSide;
  }

  /** Returns the greatest number of tokens the model takes; the greatest int if none is known. */
  public int modelMaxLength() {
    return modelMaxLength;
  }

  /** Returns the inputs the model takes, {@code input_ids} first. */
  public List<String> modelInputNames() {
    return modelInputNames;
  }

  // ----------------------------------------------------------------------------- conversations

  /** Returns the Jinja template that makes one text of a conversation unless another is named. */
  public Optional<String> chatTemplate() {
    return Optional.ofNullable(chatTemplates.texts().get(ChatTemplates.DEFAULT));
  }

  /**
   * Returns the tokenizer's chat templates by their names: {@code default}, or none, or several such as
   * {@code tool_use}. They come from {@code chat_template.jinja} and {@code additional_chat_templates}, or
   * from {@code tokenizer_config.json} where there are no such files.
   */
  public Map<String, String> chatTemplates() {
    return chatTemplates.texts();
  }

  /**
   * Makes the tokens of a conversation: {@code apply_chat_template} in Python. The template writes the
   * special tokens, so none are added.
   *
   * @param messages maps with {@code role} and {@code content} as a rule, and what else the template reads
   * @param tools descriptions of the functions that the model may call, as JSON Schemas; null for none
   * @throws TokenizerException if there is no template, or it fails, or refuses the conversation
   * @throws IllegalArgumentException if there is no message, or an option does not fit the template
   */
  public TokenizedChat applyChatTemplate(
      List<? extends Map<String, ?>> messages,
      @Nullable List<? extends Map<String, ?>> tools,
      ChatTemplateOptions options) {
    Rendered rendered = renderChat(messages, tools, options);
    return TokenizedChat.of(
        rendered, encode(rendered.text(), options.encoding()), options.returnAssistantTokensMask());
  }

  /** Makes the tokens of a conversation without tools, by the default template. */
  public TokenizedChat applyChatTemplate(List<? extends Map<String, ?>> messages) {
    return applyChatTemplate(messages, null, ChatTemplateOptions.defaults());
  }

  /**
   * Makes the text of a conversation: {@code apply_chat_template} in Python with {@code tokenize=False}.
   * Encode it without special tokens, which are in it.
   *
   * @param messages as for {@link #applyChatTemplate(List, List, ChatTemplateOptions)}
   * @param tools descriptions of the functions that the model may call, as JSON Schemas; null for none
   * @throws TokenizerException if there is no template, or it fails, or refuses the conversation
   * @throws IllegalArgumentException if there is no message, or an option does not fit the template
   */
  public Rendered renderChat(
      List<? extends Map<String, ?>> messages,
      @Nullable List<? extends Map<String, ?>> tools,
      ChatTemplateOptions options) {
    return new ChatRenderer(chatTemplates, config.specialTokens()).render(messages, tools, options);
  }

  // ----------------------------------------------------------------------------- life

  /** Returns a text that two tokenizers share only if all of their files are the same. */
  public String fingerprint() {
    return files.fingerprint();
  }

  /** Writes the tokenizer's files, with the bytes they were read with. */
  @Override
  public void save(Path folder) throws IOException {
    files.save(folder);
  }

  /** Frees the native tokenizer; {@link #save} and the vocabulary still work. */
  @Override
  public void close() {
    backend.close();
  }
}
