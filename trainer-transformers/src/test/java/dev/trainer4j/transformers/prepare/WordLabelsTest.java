// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** As {@code tokenize_and_align_labels} of run_ner does it. */
class WordLabelsTest {
  private static final Path MODEL = Path.of("src/test/resources/parity/models/bert-token");
  private static final long NONE = WordLabels.IGNORED;

  private static TokenizedText text(EncodeOptions options) {
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(MODEL)) {
      return tokenizer.encodeWords(List.of("the", "clockple", "coins"), options);
    }
  }

  @Test
  void theFirstTokenOfAWordHasItsLabel() {
    TokenizedText text = text(EncodeOptions.defaults());
    assertThat(text.wordIds()).startsWith(-1, 0, 1, 1).endsWith(2, -1);

    long[] labels = WordLabels.firstToken().of(text, new int[] {4, 1, 2});

    assertThat(labels).startsWith(NONE, 4, 1, NONE).endsWith(2, NONE);
  }

  @Test
  void allTokensOfAWordHaveItsLabelWithAnInsideBehindTheFirst() {
    TokenizedText text = text(EncodeOptions.defaults());

    long[] labels =
        WordLabels.allTokens(List.of("O", "B-LOC", "I-LOC")).of(text, new int[] {0, 1, 0});

    assertThat(labels).startsWith(NONE, 0, 1, 2).endsWith(0, NONE);
  }

  @Test
  void wordsThatWereCutOffNeedNoTokens() {
    long[] labels =
        WordLabels.firstToken().of(text(EncodeOptions.truncated(3)), new int[] {4, 1, 2});

    assertThat(labels).containsExactly(NONE, 4, NONE);
  }

  @Test
  void aWordWithoutALabelIsRefused() {
    assertThatThrownBy(
            () -> WordLabels.firstToken().of(text(EncodeOptions.defaults()), new int[] {1}))
        .hasMessage("word 1 has no label: there are 1");
  }
}
