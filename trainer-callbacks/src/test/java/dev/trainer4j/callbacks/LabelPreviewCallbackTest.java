// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.Trainer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelPreviewCallbackTest {

  private final Path dir;

  LabelPreviewCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private static String words(long[] ids) {
    return Arrays.stream(ids).mapToObj(id -> "w" + id + " ").collect(Collectors.joining());
  }

  private static String preview(long[] ids, long[] mask, long[] labels) {
    return new TokenPreview(ids, mask, labels, LabelPreviewCallbackTest::words).toString();
  }

  @Test
  void marksTheTokensThatAreLearnedAndCountsMaskedOnesAndPadding() {
    assertThat(
            preview(
                new long[] {1, 2, 3, 4, 0, 0},
                new long[] {1, 1, 1, 1, 0, 0},
                new long[] {-100, -100, 3, 4, -100, -100}))
        .isEqualTo("w1 w2 «w3 w4 »  [4 tokens, 2 of padding not shown, 4 labels are -100]");
  }

  @Test
  void showsPaddingThatIsLearned() {
    assertThat(preview(new long[] {1, 0}, new long[] {1, 0}, new long[] {1, 0}))
        .startsWith("«w1 w0 »");
  }

  @Test
  void showsInputAndLabelWhereTheyDiffer() {
    assertThat(preview(new long[] {5, 9, 6}, new long[] {1, 1, 1}, new long[] {-100, 7, -100}))
        .startsWith("w5 «w9  -> w7 »w6 ");
  }

  @Test
  void printsTheFirstExamplesOfARunOnce() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(GoldenTask.args(dir).maxSteps(3).build())
                .callback(new LabelPreviewCallback(10, LabelPreviewCallbackTest::words, out))
                .build()) {
      trainer.train();
      List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();

      assertThat(lines).hasSize(30);
      assertThat(lines.get(0)).isEqualTo("example 1, 1 of a batch of 8");
      assertThat(lines.get(24)).isEqualTo("example 9, 1 of a batch of 8");
      Map<String, Object> ninth = task.data("train").get(8);
      assertThat(lines.subList(25, 27))
          .anySatisfy(line -> assertThat(line).isEqualTo("  labels: " + ninth.get("labels")))
          .anySatisfy(
              line ->
                  assertThat(line)
                      .startsWith("  x: ")
                      .contains(
                          String.format(
                              java.util.Locale.ROOT, "%.4g", ((float[]) ninth.get("x"))[0])));
    }
  }

  @Test
  void refusesToPrintNothing() {
    assertThatThrownBy(() -> new LabelPreviewCallback(0, LabelPreviewCallbackTest::words))
        .hasMessageContaining("examples");
  }
}
