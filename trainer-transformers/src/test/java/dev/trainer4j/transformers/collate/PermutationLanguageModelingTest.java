// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.data.BatchPosition;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.transformers.VocabularyFigures;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import dev.trainer4j.transformers.tokenization.Tokenizers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PermutationLanguageModelingTest {

  private final PretrainedTokenizer tokenizer = Tokenizers.load("wordpiece");
  private final NDManager manager = NDManager.newBaseManager("PyTorch");

  @AfterEach
  void close() {
    manager.close();
    tokenizer.close();
  }

  static List<JsonNode> permuted() throws IOException {
    return VocabularyFigures.of("permuted");
  }

  private static boolean[] flags(JsonNode numbers) {
    boolean[] flags = new boolean[numbers.size()];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = numbers.get(i).intValue() != 0;
    }
    return flags;
  }

  /** What transformers has drawn, in {@code vocabulary/figures.py}, gives what it made of that. */
  @ParameterizedTest
  @MethodSource("permuted")
  void whoSeesWhomIsAsInTransformers(JsonNode figures) {
    int[] order = new int[figures.get("order").size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = figures.get("order").get(i).intValue();
    }
    boolean[] blocked =
        PermutedSpans.blocked(
            flags(figures.get("hidden")), flags(figures.get("functional")), order);
    JsonNode expected = figures.get("perm_mask");
    int length = expected.size();
    for (int i = 0; i < length; i++) {
      for (int j = 0; j < length; j++) {
        assertThat(blocked[i * length + j] ? 1 : 0)
            .as("%d sees %d", i, j)
            .isEqualTo(expected.get(i).get(j).intValue());
      }
    }
  }

  private List<Map<String, ?>> samples(int count) {
    List<Map<String, ?>> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      samples.add(
          tokenizer
              .encode(
                  "In Milan we ate cheese for " + i + " coins, and it was wonderful. So we left.")
              .toSample());
    }
    return samples;
  }

  @Test
  void aSixthOfTheTokensIsHiddenAndLearnedInItsPlace() {
    List<Map<String, ?>> samples = samples(400);
    ModelInputs batch =
        DataCollatorForPermutationLanguageModeling.of(tokenizer).collate(samples, manager);
    assertThat(batch.names())
        .containsExactlyInAnyOrder("input_ids", "perm_mask", "target_mapping", "labels");
    long[] ids = batch.get("input_ids").toLongArray();
    long[] labels = batch.get("labels").toLongArray();
    int width = ids.length / samples.size();
    assertThat(width % 2).isZero();
    float[] mapping = batch.get("target_mapping").toFloatArray();
    float[] blocked = batch.get("perm_mask").toFloatArray();
    int mask = tokenizer.specialTokenId(SpecialToken.MASK).orElseThrow();
    int hidden = 0;
    int ordinary = 0;
    for (int row = 0; row < samples.size(); row++) {
      int[] own = (int[]) samples.get(row).get("input_ids");
      for (int i = 0; i < width; i++) {
        int at = row * width + i;
        int id = i < own.length ? own[i] : tokenizer.padTokenId();
        boolean functional = i >= own.length || tokenizer.specialTokenIds().contains(id);
        boolean isHidden = labels[at] != -100;
        assertThat(isHidden && functional).as("special tokens and padding stay").isFalse();
        assertThat(ids[at]).isEqualTo(isHidden ? mask : id);
        assertThat(labels[at]).isEqualTo(isHidden ? id : -100);
        hidden += isHidden ? 1 : 0;
        ordinary += functional ? 0 : 1;
        for (int j = 0; j < width; j++) {
          assertThat(mapping[at * width + j]).isEqualTo(i == j ? 1f : 0f);
          boolean otherHidden = labels[row * width + j] != -100;
          if (!otherHidden || (!isHidden && !functional)) {
            // Whoever is not hidden is seen by all, and sees none that is.
            assertThat(blocked[at * width + j]).isEqualTo(otherHidden ? 1f : 0f);
          }
          if (i == j) {
            assertThat(blocked[at * width + j]).isEqualTo(otherHidden ? 1f : 0f);
          }
        }
      }
    }
    // Some 10,000 tokens in spans of 3: six standard errors; less at the end of a text.
    assertThat((double) hidden / ordinary).isCloseTo(1 / 6.0, within(0.03));
  }

  @Test
  void whatIsDrawnIsAFunctionOfTheSeedAndThePositionInTheRun() {
    DataCollatorForPermutationLanguageModeling collator =
        DataCollatorForPermutationLanguageModeling.of(tokenizer);
    List<Map<String, ?>> samples = samples(6);
    ModelInputs whole = collator.collate(samples, manager, new BatchPosition(2, 10));
    ModelInputs later = collator.collate(samples.subList(3, 6), manager, new BatchPosition(2, 13));
    assertThat(later.get("input_ids").toLongArray())
        .isEqualTo(whole.get("input_ids").get("3:").toLongArray());
    assertThat(later.get("perm_mask").toFloatArray())
        .isEqualTo(whole.get("perm_mask").get("3:").toFloatArray());
    ModelInputs other = collator.collate(samples, manager, new BatchPosition(3, 10));
    assertThat(other.get("perm_mask").toFloatArray())
        .isNotEqualTo(whole.get("perm_mask").toFloatArray());
    ModelInputs seeded =
        DataCollatorForPermutationLanguageModeling.builder(tokenizer)
            .seed(7)
            .build()
            .collate(samples, manager, new BatchPosition(2, 10));
    assertThat(seeded.get("perm_mask").toFloatArray())
        .isNotEqualTo(whole.get("perm_mask").toFloatArray());
  }

  @Test
  void oddLengthsAreRefusedWithWhatToDo() {
    List<Map<String, ?>> odd = List.of(Map.of("input_ids", new int[] {2, 20, 3}));
    assertThatThrownBy(
            () ->
                DataCollatorForPermutationLanguageModeling.builder(tokenizer)
                    .padding(PaddingOptions.longest())
                    .build()
                    .collate(odd, manager))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("have 3 tokens")
        .hasMessageContaining("padToMultipleOf(2)");
    assertThatThrownBy(
            () ->
                DataCollatorForPermutationLanguageModeling.builder(tokenizer)
                    .plmProbability(0)
                    .build())
        .hasMessageContaining("plmProbability is 0.0");
    assertThatThrownBy(
            () ->
                DataCollatorForPermutationLanguageModeling.builder(tokenizer)
                    .maxSpanLength(0)
                    .build())
        .hasMessageContaining("maxSpanLength is 0");
    try (PretrainedTokenizer bytes = Tokenizers.load("bytebpe")) {
      assertThatThrownBy(() -> DataCollatorForPermutationLanguageModeling.of(bytes))
          .hasMessageContaining("no mask_token");
    }
  }
}
