// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import ai.djl.Device;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.NamedModel;
import dev.trainer4j.cli.folder.ModelFolder;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.Dtype;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.QuantizationConfig;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerativeModel;
import dev.trainer4j.transformers.generation.Generator;
import dev.trainer4j.transformers.tokenization.ChatTemplateOptions;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A model that writes, loaded: with its adapter and its tokenizer. */
final class Writer implements AutoCloseable {

  /** The heads that write. */
  private static final Set<Task> WRITING = Set.of(Task.CAUSAL_LM, Task.SEQ2SEQ_LM);

  private final PretrainedModel base;
  private final @Nullable PeftModel peft;
  private final PretrainedTokenizer tokenizer;

  private Writer(PretrainedModel base, @Nullable PeftModel peft, PretrainedTokenizer tokenizer) {
    this.base = base;
    this.peft = peft;
    this.tokenizer = tokenizer;
  }

  /**
   * Loads what the arguments name.
   *
   * @throws IllegalArgumentException if the model does not write
   */
  static Writer load(WriterArguments args, Console console) throws IOException {
    ModelFolder folder =
        ModelFolder.of(
            Objects.requireNonNull(args.modelNameOrPath()), args.modelRevision(), args.adapter());
    PretrainedConfig config = PretrainedConfig.read(folder.base());
    Task task = Task.of(config);
    if (!WRITING.contains(task)) {
      throw new IllegalArgumentException(
          folder.base()
              + " is a model for "
              + task.name().toLowerCase(Locale.ROOT).replace('_', ' ')
              + ", which writes no text: give a causal or sequence-to-sequence language model");
    }
    Path tokens =
        args.tokenizerName() == null
            ? folder.tokenizer()
            : NamedModel.folder("tokenizer_name", args.tokenizerName(), null);
    PretrainedTokenizer tokenizer = PretrainedTokenizer.load(tokens);
    try {
      PretrainedModel base = AutoModels.load(folder.base(), task, options(args));
      try {
        PeftModel peft = folder.adapter() == null ? null : PeftModel.load(base, folder.adapter());
        console.tell(
            folder.base()
                + (folder.adapter() == null ? "" : " with the adapter " + folder.adapter())
                + ", on "
                + base.manager().getDevice());
        return new Writer(base, peft, tokenizer);
      } catch (IOException | RuntimeException e) {
        base.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  private static LoadOptions options(WriterArguments args) {
    // What writes must be whole: a head that began anew would write noise.
    LoadOptions options = LoadOptions.defaults().withNewHead(false);
    options =
        args.dtype().equals("auto")
            ? options.withAutoDtype()
            : options.withDtype(Dtype.named(args.dtype()).orElseThrow());
    if (args.useCpu()) {
      options = options.withDevice(Device.cpu());
    }
    if (args.loadIn4bit() || args.loadIn8bit()) {
      options =
          options.withQuantization(
              QuantizationConfig.builder()
                  .loadIn4bit(args.loadIn4bit())
                  .loadIn8bit(args.loadIn8bit())
                  .build());
    }
    return options;
  }

  GenerativeModel model() {
    return peft == null ? base : peft;
  }

  PretrainedTokenizer tokenizer() {
    return tokenizer;
  }

  /** Returns a generator that heeds stop strings. */
  Generator generator() {
    return Generator.of(model()).withDecoder(tokens -> tokenizer.decode(tokens, false));
  }

  /**
   * Returns the model's own settings, to be overruled by flags.
   *
   * @param usual the most new tokens, where the model does not say
   */
  GenerationConfig settings(int usual, @Nullable Long seed) {
    GenerationConfig own = model().generationConfig();
    GenerationConfig.Builder builder = own.toBuilder();
    boolean silent =
        own.maxNewTokens() == null && own.maxLength() == GenerationConfig.defaults().maxLength();
    if (silent) {
      builder.maxNewTokens(usual);
    }
    // A model of conversations often ends its turns with another token than its texts.
    List<Integer> ends = new ArrayList<>(own.eosTokenId());
    OptionalInt end = tokenizer.specialTokenId(SpecialToken.EOS);
    if (end.isPresent() && !ends.contains(end.getAsInt())) {
      ends.add(end.getAsInt());
    }
    builder.eosTokenId(ends).seed(seed == null ? System.nanoTime() : seed);
    return builder.build();
  }

  /** Returns the tokens of a text to go on from. */
  long[] encode(String text) {
    long[] ids =
        Arrays.stream(tokenizer.encode(text, EncodeOptions.defaults()).inputIds())
            .asLongStream()
            .toArray();
    if (ids.length == 0) {
      throw new IllegalArgumentException(
          "the prompt is empty, and the tokenizer adds no token to it: give a text to go on from");
    }
    return ids;
  }

  /** Returns the tokens of a conversation up to where the assistant speaks. */
  long[] encode(List<? extends Map<String, ?>> messages) {
    return encode(messages, null, ChatTemplateOptions.prompt());
  }

  /**
   * Returns the tokens of a conversation.
   *
   * @param tools what the model may call; null for none
   */
  long[] encode(
      List<? extends Map<String, ?>> messages,
      @Nullable List<? extends Map<String, ?>> tools,
      ChatTemplateOptions options) {
    if (tokenizer.chatTemplate().isEmpty()) {
      throw new IllegalArgumentException(
          "the tokenizer has no chat template, so the model was not trained on conversations: use"
              + " trainer generate with a text to go on from");
    }
    return Arrays.stream(tokenizer.applyChatTemplate(messages, tools, options).inputIds())
        .asLongStream()
        .toArray();
  }

  @Override
  public void close() {
    if (peft != null) {
      peft.close();
    }
    base.close();
    tokenizer.close();
  }
}
