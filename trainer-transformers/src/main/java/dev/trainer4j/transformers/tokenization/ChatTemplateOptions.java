// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a conversation is turned into a text and its tokens.
 *
 * <pre>{@code
 * ChatTemplateOptions options =
 *     ChatTemplateOptions.builder().addGenerationPrompt(true).variable("enable_thinking", false).build();
 * }</pre>
 */
public final class ChatTemplateOptions {

  private static final ChatTemplateOptions DEFAULTS = builder().build();

  private final boolean addGenerationPrompt;
  private final @Nullable String continueFinalMessage;
  private final @Nullable String chatTemplate;
  private final @Nullable List<? extends Map<String, ?>> documents;
  private final Map<String, @Nullable Object> variables;
  private final boolean returnAssistantTokensMask;
  private final EncodeOptions encoding;

  private ChatTemplateOptions(Builder builder) {
    addGenerationPrompt = builder.addGenerationPrompt;
    continueFinalMessage = builder.continueFinalMessage;
    chatTemplate = builder.chatTemplate;
    documents = builder.documents;
    variables = Collections.unmodifiableMap(new LinkedHashMap<>(builder.variables));
    returnAssistantTokensMask = builder.returnAssistantTokensMask;
    // A template writes the special tokens itself.
    EncodeOptions.Builder encode =
        EncodeOptions.builder().addSpecialTokens(false).verbose(builder.verbose);
    if (builder.truncation) {
      encode.truncation(TruncationStrategy.LONGEST_FIRST).maxLength(builder.maxLength);
    }
    encoding = encode.build();
  }

  /** Returns the defaults: the whole conversation by the tokenizer's own template, uncut. */
  public static ChatTemplateOptions defaults() {
    return DEFAULTS;
  }

  /** Returns options for a prompt: with what begins an answer of the model behind the last message. */
  public static ChatTemplateOptions prompt() {
    return builder().addGenerationPrompt(true).build();
  }

  /** Returns a builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  boolean addGenerationPrompt() {
    return addGenerationPrompt;
  }

  /** The field of the last message that goes on; null if the message is finished. */
  @Nullable String continueFinalMessage() {
    return continueFinalMessage;
  }

  @Nullable String chatTemplate() {
    return chatTemplate;
  }

  @Nullable List<? extends Map<String, ?>> documents() {
    return documents;
  }

  Map<String, @Nullable Object> variables() {
    return variables;
  }

  boolean returnAssistantTokensMask() {
    return returnAssistantTokensMask;
  }

  EncodeOptions encoding() {
    return encoding;
  }

  /** Collects the settings of {@link ChatTemplateOptions}. */
  public static final class Builder {

    private boolean addGenerationPrompt;
    private @Nullable String continueFinalMessage;
    private @Nullable String chatTemplate;
    private @Nullable List<? extends Map<String, ?>> documents;
    private final Map<String, @Nullable Object> variables = new LinkedHashMap<>();
    private boolean returnAssistantTokensMask;
    private boolean truncation;
    private int maxLength;
    private boolean verbose = true;

    private Builder() {}

    /** Sets whether what begins an answer of the model follows the last message; not by default. */
    public Builder addGenerationPrompt(boolean add) {
      addGenerationPrompt = add;
      return this;
    }

    /**
     * Sets whether the text ends with the last message's {@code content}, without what closes a message,
     * so that the model goes on with it; not by default.
     */
    public Builder continueFinalMessage(boolean go) {
      continueFinalMessage = go ? "content" : null;
      return this;
    }

    /** Sets the field with which the text ends, such as {@code reasoning_content}. */
    public Builder continueFinalMessage(String field) {
      continueFinalMessage = Objects.requireNonNull(field, "field");
      return this;
    }

    /**
     * Sets the template: the name of one that the tokenizer has, or the text of another. By default it is
     * the tokenizer's {@code tool_use} where tools are given and it has one, else its {@code default}.
     */
    public Builder chatTemplate(String nameOrText) {
      chatTemplate = Objects.requireNonNull(nameOrText, "nameOrText");
      return this;
    }

    /** Sets documents that the answer may draw on, each with {@code title} and {@code text} as a rule. */
    public Builder documents(List<? extends Map<String, ?>> maps) {
      documents = List.copyOf(maps);
      return this;
    }

    /**
     * Sets a variable that the template reads, such as {@code enable_thinking}: a text, a number, a flag,
     * null, or a list or map of these. It comes before a special token of the same name.
     *
     * @throws IllegalArgumentException if there is an option for it
     */
    public Builder variable(String name, @Nullable Object value) {
      if (List.of("messages", "tools", "documents", "add_generation_prompt").contains(name)) {
        throw new IllegalArgumentException(
            "'" + name + "' is an argument or an option of its own: give it there.");
      }
      variables.put(name, value);
      return this;
    }

    /**
     * Sets whether the tokens of {@code generation} blocks are marked, which templates made for training
     * have around the answers; not by default. A template without one is refused then.
     */
    public Builder returnAssistantTokensMask(boolean mark) {
      returnAssistantTokensMask = mark;
      return this;
    }

    /** Sets whether tokens beyond {@code model_max_length} are cut off; not by default. */
    public Builder truncation(boolean cut) {
      truncation = cut;
      return this;
    }

    /** Sets the number of tokens beyond which they are cut off; it needs {@link #truncation}. */
    public Builder maxLength(int tokens) {
      if (tokens < 1) {
        throw new IllegalArgumentException("maxLength is " + tokens + ": give a positive number.");
      }
      maxLength = tokens;
      return this;
    }

    /** Sets whether a conversation longer than {@code model_max_length} is warned of; see {@link EncodeOptions.Builder#verbose}. */
    public Builder verbose(boolean warn) {
      verbose = warn;
      return this;
    }

    /**
     * Makes the options.
     *
     * @throws IllegalArgumentException if two of them exclude each other, or one does nothing
     */
    public ChatTemplateOptions build() {
      if (continueFinalMessage != null && addGenerationPrompt) {
        throw new IllegalArgumentException(
            "continueFinalMessage goes on with the last message, and addGenerationPrompt begins another:"
                + " set one of them.");
      }
      if (continueFinalMessage != null && returnAssistantTokensMask) {
        throw new IllegalArgumentException(
            "returnAssistantTokensMask cannot be had with continueFinalMessage, whose text ends inside"
                + " of a block.");
      }
      if (maxLength > 0 && !truncation) {
        throw new IllegalArgumentException(
            "maxLength does nothing without truncation: set truncation(true), or leave it out.");
      }
      return new ChatTemplateOptions(this);
    }
  }
}
