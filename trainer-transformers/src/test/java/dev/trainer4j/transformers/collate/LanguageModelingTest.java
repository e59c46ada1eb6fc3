// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.BatchPosition;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import dev.trainer4j.transformers.tokenization.Tokenizers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LanguageModelingTest {

  private final PretrainedTokenizer tokenizer = Tokenizers.load("wordpiece");
  private final NDManager manager = NDManager.newBaseManager("PyTorch");

  @AfterEach
  void close() {
    manager.close();
    tokenizer.close();
  }

  private List<Map<String, ?>> samples(int count) {
    List<Map<String, ?>> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String text = "In Milan we ate cheese for " + i + " coins, and it was wonderful.";
      samples.add(tokenizer.encode(text).toSample("special_tokens_mask", "offset_mapping"));
    }
    return samples;
  }

  private record Counts(int ids, int labels, int masked, int random, int kept) {}

  private Counts count(List<Map<String, ?>> samples, ModelInputs batch) {
    int mask = tokenizer.specialTokenId(SpecialToken.MASK).getAsInt();
    long[] inputs = batch.get("input_ids").toLongArray();
    long[] labels = batch.get("labels").toLongArray();
    int width = inputs.length / samples.size();
    int[] counts = new int[5];
    for (int row = 0; row < samples.size(); row++) {
      int[] ids = (int[]) samples.get(row).get("input_ids");
      int[] special = (int[]) samples.get(row).get("special_tokens_mask");
      for (int i = 0; i < width; i++) {
        long input = inputs[row * width + i];
        long label = labels[row * width + i];
        if (i >= ids.length || special[i] == 1) {
          assertThat(label).as("padding and special tokens are never labels").isEqualTo(-100);
          continue;
        }
        counts[0]++;
        if (label == -100) {
          assertThat(input).as("what is no label stays").isEqualTo(ids[i]);
          continue;
        }
        assertThat(label).isEqualTo(ids[i]);
        counts[1]++;
        counts[input == mask ? 2 : input != ids[i] ? 3 : 4]++;
      }
    }
    return new Counts(counts[0], counts[1], counts[2], counts[3], counts[4]);
  }

  @Test
  void hidesFifteenPercentEightyTenTen() {
    List<Map<String, ?>> samples = samples(3000);
    Counts counts =
        count(samples, DataCollatorForLanguageModeling.masked(tokenizer).collate(samples, manager));
    // Shares of some 48,000 tokens, 7,200 labels: the bounds are about six standard deviations.
    assertThat(counts.ids()).isGreaterThan(40_000);
    assertThat((double) counts.labels() / counts.ids()).isCloseTo(0.15, within(0.01));
    assertThat((double) counts.masked() / counts.labels()).isCloseTo(0.8, within(0.03));
    assertThat((double) counts.random() / counts.labels()).isCloseTo(0.1, within(0.025));
    assertThat((double) counts.kept() / counts.labels()).isCloseTo(0.1, within(0.025));
  }

  @Test
  void epochsHideIndependentlyOfEachOther() {
    int length = 20_000;
    boolean[] first = hidden(0, length);
    for (int epoch = 1; epoch < 4; epoch++) {
      boolean[] later = hidden(epoch, length);
      for (int shift = -3; shift <= 3; shift++) {
        int both = 0;
        for (int i = 3; i < length - 3; i++) {
          both += first[i] && later[i + shift] ? 1 : 0;
        }
        // Independent halves meet in a quarter; the bound is some 6 standard deviations.
        assertThat((double) both / length).isCloseTo(0.25, within(0.02));
      }
    }
  }

  private boolean[] hidden(long epoch, int length) {
    int[] ids = new int[length];
    Arrays.fill(ids, 7);
    DataCollatorForLanguageModeling collator =
        DataCollatorForLanguageModeling.builder(tokenizer).mlmProbability(0.5).build();
    long[] labels =
        collator
            .collate(List.of(Map.of("input_ids", ids)), manager, new BatchPosition(epoch, 0))
            .get("labels")
            .toLongArray();
    boolean[] hidden = new boolean[length];
    for (int i = 0; i < length; i++) {
      hidden[i] = labels[i] != -100;
    }
    return hidden;
  }

  /** transformers stops at such labels, too, as soon as texts are of several lengths. */
  @Test
  void labelsOfTokensThatSamplesBringAreNotReplaced() {
    int[] ids = {5, 6, 7};
    for (DataCollatorForLanguageModeling collator :
        List.of(
            DataCollatorForLanguageModeling.causal(tokenizer),
            DataCollatorForLanguageModeling.masked(tokenizer))) {
      for (Object labels :
          List.of(new int[] {-100, -100, 7}, List.of(-100, 6, 7), new long[] {1, 2, 3}, "a text")) {
        assertThatThrownBy(
                () ->
                    collator.collate(
                        List.of(
                            Map.of("input_ids", ids), Map.of("input_ids", ids, "labels", labels)),
                        manager))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("Field 'labels' of sample 1")
            .hasMessageContaining("labels of its own")
            .hasMessageContaining("DataCollatorForSeq2Seq");
      }
      // The class of a text is dropped, and labels that are the ids lose nothing.
      for (Object labels : List.of(1, 1L, 0.5, true, ids.clone(), List.of(5, 6, 7))) {
        assertThat(
                collator
                    .collate(List.of(Map.of("input_ids", ids, "labels", labels)), manager)
                    .get("labels")
                    .getShape())
            .isEqualTo(new Shape(1, 3));
      }
    }
    assertThat(
            DataCollatorForLanguageModeling.causal(tokenizer)
                .collate(List.of(Map.of("input_ids", ids, "label", 1)), manager)
                .get("labels")
                .toLongArray())
        .containsExactly(5, 6, 7);
  }

  @Test
  void hidesByPositionNotByHistory() {
    List<Map<String, ?>> samples = samples(16);
    DataCollatorForLanguageModeling collator = DataCollatorForLanguageModeling.masked(tokenizer);
    long[] whole = labels(collator, samples, 0, 0);
    long[] later = labels(collator, samples.subList(8, 16), 0, 8);
    int width = whole.length / 16;
    for (int i = 0; i < later.length; i++) {
      assertThat(later[i]).isEqualTo(whole[8 * width + i]);
    }
    assertThat(labels(collator, samples, 0, 0)).isEqualTo(whole);
    assertThat(labels(collator, samples, 1, 0)).isNotEqualTo(whole);
    assertThat(labels(collator, samples, 0, 16)).isNotEqualTo(whole);
    DataCollatorForLanguageModeling other =
        DataCollatorForLanguageModeling.builder(tokenizer).seed(7).build();
    assertThat(labels(other, samples, 0, 0)).isNotEqualTo(whole);
  }

  private long[] labels(
      DataCollatorForLanguageModeling collator, List<Map<String, ?>> samples, long epoch, long at) {
    return collator
        .collate(samples, manager, new BatchPosition(epoch, at))
        .get("labels")
        .toLongArray();
  }

  @Test
  void hidesWholeWords() {
    List<Map<String, ?>> samples = samples(400);
    DataCollatorForLanguageModeling collator =
        DataCollatorForLanguageModeling.builder(tokenizer).wholeWordMask(true).build();
    ModelInputs batch = collator.collate(samples, manager);
    Counts counts = count(samples, batch);
    assertThat(counts.labels()).isPositive().isEqualTo(counts.masked());
    long[] labels = batch.get("labels").toLongArray();
    int width = labels.length / samples.size();
    int joined = 0;
    for (int row = 0; row < samples.size(); row++) {
      int[][] offsets = (int[][]) samples.get(row).get("offset_mapping");
      for (int i = 2; i < offsets.length - 1; i++) {
        if (offsets[i][0] == offsets[i - 1][1]) {
          boolean hidden = labels[row * width + i] != -100;
          assertThat(hidden).isEqualTo(labels[row * width + i - 1] != -100);
          joined += hidden ? 1 : 0;
        }
      }
    }
    assertThat(joined).as("hidden tokens that continue a word").isGreaterThan(20);
  }

  @Test
  void refusesWhatCannotWork() {
    assertThatThrownBy(
            () ->
                DataCollatorForLanguageModeling.builder(tokenizer)
                    .wholeWordMask(true)
                    .build()
                    .collate(List.of(tokenizer.encode("Oslo").toSample()), manager))
        .hasMessageContaining("offset_mapping")
        .hasMessageContaining("toSample(\"offset_mapping\")");
    assertThatThrownBy(
            () -> DataCollatorForLanguageModeling.builder(tokenizer).mlmProbability(15).build())
        .hasMessageContaining("mlmProbability is 15.0");
    assertThatThrownBy(
            () ->
                DataCollatorForLanguageModeling.builder(tokenizer)
                    .mlm(false)
                    .wholeWordMask(true)
                    .build())
        .hasMessageContaining("do nothing with mlm(false)");
    try (PretrainedTokenizer causal = Tokenizers.load("bytebpe")) {
      assertThatThrownBy(() -> DataCollatorForLanguageModeling.masked(causal))
          .hasMessageContaining("no mask_token");
    }
    assertThatThrownBy(
            () ->
                new DataCollatorForTokenClassification(tokenizer)
                    .collate(
                        List.of(Map.of("input_ids", new int[] {2, 5, 3}, "labels", new int[] {1})),
                        manager))
        .hasMessageContaining("1 labels for 3 tokens");
    assertThatThrownBy(
            () ->
                new DataCollatorWithPadding(tokenizer)
                    .collate(List.of(Map.of("text", "Oslo")), manager))
        .hasMessageContaining("no input_ids");
  }

  @Test
  void sequenceToSequenceMakesDecoderInputsIfAskedTo() {
    DataCollatorForSeq2Seq collator =
        new DataCollatorForSeq2Seq(
            tokenizer, PaddingOptions.toMaxLength(6), -100, labels -> labels.maximum(0));
    ModelInputs batch =
        collator.collate(
            List.of(Map.of("input_ids", new int[] {2, 5, 3}, "labels", new int[] {7, 3})), manager);
    assertThat(batch.get("decoder_input_ids").toLongArray()).containsExactly(7, 3, 0, 0, 0, 0);
    assertThat(batch.get("input_ids").toLongArray()).containsExactly(2, 5, 3, 0, 0, 0);
  }
}
