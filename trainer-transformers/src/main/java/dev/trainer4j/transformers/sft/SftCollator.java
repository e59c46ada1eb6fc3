// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.PaddingCollator;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.transformers.collate.DataCollatorWithFlattening;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes batches of rows of tokens, in one of two ways. Rows have {@code input_ids}, {@code labels} (without which all tokens are
 * trained), and {@code seq_lengths} where they are packed.
 *
 * <ul>
 *   <li>Padded at the right: {@code input_ids}, {@code attention_mask} and {@code labels}, shape [rows, tokens]. Blocks of the
 *       strategy {@code wrapped} are among them: each is read as one text, as in TRL.
 *   <li>Without padding, with {@code paddingFree} and for blocks of the other strategies: {@code input_ids}, {@code labels} and
 *       {@code position_ids}, shape [1, tokens]. Positions begin anew with each document, which sees no other, and whose first
 *       token is not trained. With {@code paddingFree}, also those of {@code wrapped} blocks are apart.
 * </ul>
 */
final class SftCollator implements DataCollator<Map<String, ?>> {

  private final PretrainedTokenizer tokenizer;
  private final int padToken;
  private final int multipleOf;
  private final boolean keepsApart;
  private final boolean flat;

  /**
   * Makes batches as arguments say.
   *
   * @param tokenizer has the token that fills up, as {@link SftTokenizer} made it by the same arguments
   * @param writesTexts whether evaluations have the model write on at the ends of rows, which then need rows of their own
   */
  SftCollator(PretrainedTokenizer tokenizer, SftArguments arguments, boolean writesTexts) {
    this.tokenizer = tokenizer;
    padToken = tokenizer.padTokenId();
    Integer multiple = arguments.padToMultipleOf();
    multipleOf = multiple == null ? 1 : multiple;
    keepsApart = arguments.packingStrategy().keepsRowsApart();
    flat = arguments.paddingFree() || (arguments.packing() && keepsApart && !writesTexts);
  }

  @Override
  public Optional<ProcessingClass> processingClass() {
    return Optional.of(tokenizer);
  }

  @Override
  public ModelInputs collate(List<Map<String, ?>> samples, NDManager manager) {
    List<Map<String, ?>> rows = new ArrayList<>(samples.size());
    for (int i = 0; i < samples.size(); i++) {
      rows.add(tokens(samples.get(i), i));
    }
    // Evaluation data may be packed where training data is not.
    boolean packed = keepsApart && RowFields.has(samples.get(0), PackedDataset.SEQ_LENGTHS);
    return flat || packed ? flattened(samples, rows, manager) : padded(rows, manager);
  }

  /** The columns that models read, of equally many tokens. */
  private static Map<String, Object> tokens(Map<String, ?> sample, int number) {
    try {
      return TokenFormat.read(sample, false).toSample();
    } catch (InvalidRowException e) {
      throw new IllegalArgumentException(
          "sample " + number + " of the batch: " + e.getMessage() + ".", e);
    }
  }

  private ModelInputs padded(List<Map<String, ?>> rows, NDManager manager) {
    return PaddingCollator.builder()
        .sequenceFields(TokenFormat.INPUT_IDS, TokenFormat.LABELS)
        .paddingValue(TokenFormat.INPUT_IDS, padToken)
        .attentionMask("attention_mask", TokenFormat.INPUT_IDS)
        .padToMultipleOf(multipleOf)
        .build()
        .collate(rows, manager);
  }

  private ModelInputs flattened(
      List<Map<String, ?>> samples, List<Map<String, ?>> rows, NDManager manager) {
    List<Map<String, ?>> documents = new ArrayList<>();
    int total = 0;
    for (int i = 0; i < rows.size(); i++) {
      int[] ids = TokenRow.ids(rows.get(i));
      int[] labels = TokenRow.labels(rows.get(i));
      int from = 0;
      for (int length : lengths(samples.get(i), ids.length, i)) {
        int[] own = Arrays.copyOfRange(ids, from, from + length);
        int[] targets = Arrays.copyOfRange(labels, from, from + length);
        documents.add(new TokenRow(own, targets, true).toSample());
        from += length;
      }
      total += ids.length;
    }
    // Each token that fills up is a document of its own, which nothing sees and nothing is learned
    // of.
    int[] padding = {padToken};
    for (int missing = Math.floorMod(-total, multipleOf); missing > 0; missing--) {
      documents.add(TokenRow.whole(padding).toSample());
    }
    return new DataCollatorWithFlattening().collate(documents, manager);
  }

  private static int[] lengths(Map<String, ?> sample, int tokens, int number) {
    if (!RowFields.has(sample, PackedDataset.SEQ_LENGTHS)) {
      return new int[] {tokens};
    }
    int[] lengths = RowFields.ints(sample, PackedDataset.SEQ_LENGTHS);
    boolean fit = Arrays.stream(lengths).allMatch(length -> length > 0);
    if (!fit || Arrays.stream(lengths).asLongStream().sum() != tokens) {
      throw new IllegalArgumentException(
          "sample "
              + number
              + " of the batch: 'seq_lengths' is "
              + Arrays.toString(lengths)
              + ", expected lengths above 0 that are "
              + tokens
              + " together, the number of its tokens.");
    }
    return lengths;
  }
}
