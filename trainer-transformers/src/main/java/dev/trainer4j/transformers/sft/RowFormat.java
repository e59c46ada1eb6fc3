// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells by the first row of a dataset how all of its rows are laid out. */
final class RowFormat {

  private static final Logger LOGGER = LoggerFactory.getLogger(RowFormat.class);

  private final PretrainedTokenizer tokenizer;
  private final SftArguments arguments;

  RowFormat(PretrainedTokenizer tokenizer, SftArguments arguments) {
    this.tokenizer = tokenizer;
    this.arguments = arguments;
  }

  /**
   * Returns what makes tokens of such rows.
   *
   * @param dataset the name of the dataset, for messages
   * @throws IllegalArgumentException if the columns are none that can be trained on, or an argument does not fit them
   */
  RowTokenizer of(Map<String, ?> first, String dataset) {
    if (RowFields.has(first, "image") || RowFields.has(first, "images")) {
      throw new IllegalArgumentException(
          "the " + dataset + " dataset has images, which no model here reads: remove the column.");
    }
    if (isTokenized(first)) {
      return tokenized(first, dataset);
    }
    boolean prompted = RowFields.has(first, "prompt");
    String conversation = conversation(first);
    if (arguments.assistantOnlyLoss() && conversation == null) {
      throw new IllegalArgumentException(
          "assistantOnlyLoss is set, but the "
              + dataset
              + " dataset has no conversations, only the columns "
              + first.keySet()
              + ": train on all tokens, or on completions, or give conversations.");
    }
    boolean completionOnly = completionOnly(prompted, dataset, first);
    if (conversation != null) {
      ChatEncoder chats = new ChatEncoder(tokenizer, arguments.assistantOnlyLoss());
      if (arguments.assistantOnlyLoss() && !chats.learnsToEnd()) {
        LOGGER.warn(
            "The chat template leaves the token that ends an answer outside of the answer,"
                + " and only answers are trained: the model may not learn to stop.");
      }
      return prompted
          ? row -> chats.completion(row, completionOnly)
          : row -> chats.conversation(row, conversation);
    }
    TextEncoder texts = new TextEncoder(tokenizer);
    if (prompted) {
      return row -> texts.completion(row, completionOnly);
    }
    String column = arguments.datasetTextField();
    if (RowFields.has(first, column)) {
      return row -> texts.text(row, column);
    }
    throw new IllegalArgumentException(
        "the "
            + dataset
            + " dataset has the columns "
            + first.keySet()
            + ", expected '"
            + column
            + "' (datasetTextField), or 'messages', or 'prompt' and 'completion', or 'input_ids':"
            + " name the column of text with datasetTextField, or make one of these with a formattingFunc.");
  }

  static boolean isTokenized(Map<String, ?> first) {
    return RowFields.has(first, TokenFormat.INPUT_IDS);
  }

  /** Whether rows have both of what the loss may be limited to by default. */
  static boolean hasCompletion(Map<String, ?> first) {
    return first.containsKey("prompt") && first.containsKey("completion");
  }

  /** The column that makes rows conversational; null if none does. */
  private static @Nullable String conversation(Map<String, ?> first) {
    if (RowFields.has(first, "prompt")) {
      return Messages.isConversation(first.get("prompt")) ? "prompt" : null;
    }
    for (String column : new String[] {"messages", "conversations"}) {
      if (Messages.isConversation(first.get(column))) {
        return column;
      }
    }
    return null;
  }

  private boolean completionOnly(boolean prompted, String dataset, Map<String, ?> first) {
    Boolean only = arguments.completionOnlyLoss();
    if (Boolean.TRUE.equals(only) && !prompted) {
      throw new IllegalArgumentException(
          "completionOnlyLoss is true, but the "
              + dataset
              + " dataset has no 'prompt' and 'completion', only the columns "
              + first.keySet()
              + ": leave it unset, or divide the rows.");
    }
    return only == null ? prompted : only;
  }

  private RowTokenizer tokenized(Map<String, ?> first, String dataset) {
    boolean labelled = RowFields.has(first, TokenFormat.LABELS);
    boolean masked = RowFields.has(first, TokenFormat.COMPLETION_MASK);
    boolean marked = RowFields.has(first, TokenFormat.ASSISTANT_MASKS);
    Boolean only = arguments.completionOnlyLoss();
    if (Boolean.TRUE.equals(only) && !masked && !labelled) {
      throw new IllegalArgumentException(
          "completionOnlyLoss is true, but the "
              + dataset
              + " dataset has tokens without 'completion_mask' or 'labels': add one of them.");
    }
    if (arguments.assistantOnlyLoss() && !marked && !labelled) {
      throw new IllegalArgumentException(
          "assistantOnlyLoss is set, but the "
              + dataset
              + " dataset has tokens without 'assistant_masks' or 'labels': add one of them.");
    }
    if (masked && only == null && !labelled) {
      LOGGER.warn(
          "The {} dataset has a completion_mask, which is not used: of tokens that are made already, all are"
              + " trained unless completion_only_loss is set to true.",
          dataset);
    }
    boolean completionOnly = Boolean.TRUE.equals(only) && masked;
    return row -> TokenFormat.read(row, completionOnly);
  }
}
