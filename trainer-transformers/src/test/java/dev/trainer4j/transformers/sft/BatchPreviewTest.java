// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class BatchPreviewTest {

  private static String preview(SftArguments.Builder builder, List<Map<String, ?>> rows) {
    SftArguments args = builder.build();
    try (PretrainedTokenizer tokenizer = SftFigures.tokenizer();
        NDManager manager = NDManager.newBaseManager()) {
      Dataset<Map<String, Object>> prepared =
          new SftPreparation(tokenizer, args, null)
              .prepare(Datasets.of(rows), "train", args.packing());
      List<Map<String, ?>> batch = new ArrayList<>();
      for (long i = 0; i < prepared.size(); i++) {
        batch.add(prepared.get(i));
      }
      return BatchPreview.of(
              new SftCollator(tokenizer, args, false).collate(batch, manager), tokenizer)
          .replace(System.lineSeparator(), "\n");
    }
  }

  @Test
  void whatIsTrainedOfPaddedRowsIsMarked() {
    String text =
        preview(
            SftArguments.builder(),
            List.of(
                Map.of("prompt", "Lima\nis ", "completion", "far 😀"),
                Map.of("prompt", "In Tokyo we ate bread for ", "completion", "50 coins"),
                Map.of("prompt", "a", "completion", "b")));
    assertThat(text)
        .contains(" of 3: ")
        .contains(": Lima\\nis «far 😀</s>»\n")
        .endsWith(": In Tokyo we ate bread for «50 coins</s>»")
        .doesNotContain("<pad>");
  }

  @Test
  void packedDocumentsAreShownOneByOne() {
    String text =
        preview(
            SftArguments.builder().packing(true).maxLength(64),
            List.of(Map.of("text", "Oslo"), Map.of("text", "Lima."), Map.of("text", "Rome")));
    // The first token of a document is not trained, as none before it could tell it.
    assertThat(text).contains(" of 3: ").containsPattern("1 of 3: \\d tokens, \\d trained: .«");
    assertThat(text.lines().count()).isEqualTo(3);
  }

  @Test
  void aLongRowIsCutInTheMiddle() {
    String text =
        preview(
            SftArguments.builder().maxLength(OptionalInt.empty()),
            List.of(Map.of("text", "ate bread ".repeat(300))));
    assertThat(text.length()).isLessThan(800);
    assertThat(text).contains(" … ").endsWith("</s>»");
  }
}
