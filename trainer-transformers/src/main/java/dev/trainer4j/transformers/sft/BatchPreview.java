// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The first documents of a batch as text, with « and » around what is trained: to see before the first update that the model
 * learns what it should.
 *
 * <pre>
 * The first batch, whose trained tokens stand between « and »:
 *   1 of 4: 43 tokens, 20 trained: &lt;|user|>Please bring cheese!&lt;|assistant|>«Who sold 53 bowls?&lt;/s>»
 * </pre>
 */
final class BatchPreview {

  private static final int MOST_DOCUMENTS = 2;
  private static final int LONGEST = 600;

  private final PretrainedTokenizer tokenizer;

  private BatchPreview(PretrainedTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * Describes a batch of a {@link SftCollator}.
   *
   * @param batch with {@code input_ids} and {@code labels}, shape [rows, tokens]
   */
  static String of(ModelInputs batch, PretrainedTokenizer tokenizer) {
    List<TokenRow> documents = documents(batch);
    StringBuilder text =
        new StringBuilder("The first batch, whose trained tokens stand between « and »:");
    BatchPreview preview = new BatchPreview(tokenizer);
    for (int i = 0; i < Math.min(MOST_DOCUMENTS, documents.size()); i++) {
      TokenRow document = documents.get(i);
      // Nothing stands before the first token that could predict it.
      long trained =
          Arrays.stream(document.labels()).skip(1).filter(x -> x != TokenRow.IGNORED).count();
      text.append(
          String.format(
              "%n  %d of %d: %d tokens, %d trained: %s",
              i + 1,
              documents.size(),
              document.ids().length,
              trained,
              shortened(preview.text(document))));
    }
    return text.toString();
  }

  /** The documents: the rows without what fills them up, divided where positions begin anew. */
  private static List<TokenRow> documents(ModelInputs batch) {
    int width = Math.toIntExact(batch.get(TokenFormat.INPUT_IDS).getShape().get(1));
    int[] ids = ints(batch, TokenFormat.INPUT_IDS);
    int[] labels = ints(batch, TokenFormat.LABELS);
    int[] mask = batch.find("attention_mask").isPresent() ? ints(batch, "attention_mask") : null;
    int[] positions = batch.find("position_ids").isPresent() ? ints(batch, "position_ids") : null;
    List<TokenRow> documents = new ArrayList<>();
    int from = 0;
    for (int at = 1; at <= ids.length; at++) {
      boolean begins = at % width == 0 || (positions != null && positions[at] == 0);
      if (begins || (mask != null && mask[at] == 0)) {
        if (mask == null || mask[from] != 0) {
          documents.add(
              new TokenRow(
                  Arrays.copyOfRange(ids, from, at), Arrays.copyOfRange(labels, from, at), true));
        }
        from = at;
      }
    }
    return documents;
  }

  private static int[] ints(ModelInputs batch, String name) {
    try (NDArray wide = batch.get(name).toType(DataType.INT64, true)) {
      return Arrays.stream(wide.toLongArray()).mapToInt(Math::toIntExact).toArray();
    }
  }

  private String text(TokenRow document) {
    StringBuilder text = new StringBuilder();
    int[] ids = document.ids();
    int[] labels = document.labels();
    for (int from = 0, to; from < ids.length; from = to) {
      boolean trained = labels[from] != TokenRow.IGNORED;
      to = from + 1;
      while (to < ids.length && (labels[to] != TokenRow.IGNORED) == trained) {
        to++;
      }
      String part = decoded(ids, from, to).replace("\n", "\\n").replace("\r", "\\r");
      text.append(trained ? "«" + part + "»" : part);
    }
    return text.toString();
  }

  /** The text of some tokens as it is behind those before them: alone, some begin without their space. */
  private String decoded(int[] ids, int from, int to) {
    String before = tokenizer.decode(Arrays.copyOf(ids, from), false);
    String all = tokenizer.decode(Arrays.copyOf(ids, to), false);
    return all.startsWith(before)
        ? all.substring(before.length())
        : tokenizer.decode(Arrays.copyOfRange(ids, from, to), false);
  }

  private static String shortened(String text) {
    if (text.length() <= LONGEST) {
      return text;
    }
    int half = LONGEST / 2;
    return text.substring(0, half) + " … " + text.substring(text.length() - half);
  }
}
