// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.callbacks.RunComparison.Result;
import dev.trainer4j.callbacks.RunComparison.Run;
import dev.trainer4j.state.LogEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class RunComparisonTest {

  @TempDir Path folder;

  private static Run run(String name, double rate, double... losses) {
    List<LogEntry> history = new ArrayList<>();
    for (int i = 0; i < losses.length; i++) {
      history.add(
          new LogEntry(
              i + 1, Map.of("eval_loss", losses[i], "eval_f1", 1 - losses[i], "epoch", 1.0)));
    }
    history.add(new LogEntry(losses.length, Map.of("train_runtime", 1.0, "train_loss", 9.0)));
    return new Run(name, Map.of("learning_rate", rate, "seed", 42), history);
  }

  @Test
  void theBestOfALossIsItsSmallestAndOfOthersTheirLargest() {
    RunComparison comparison =
        RunComparison.of(List.of(run("a", 0.1, 0.5, 0.2, 0.4), run("b", 0.2, 0.3, Double.NaN)));

    assertThat(comparison.differingArguments()).containsOnlyKeys("learning_rate");
    assertThat(comparison.differingArguments().get("learning_rate")).containsExactly("0.1", "0.2");
    assertThat(comparison.results()).containsOnlyKeys("eval_loss", "eval_f1");
    assertThat(comparison.results().get("eval_loss"))
        .containsExactly(new Result(0.4, 0.2, 2, true), new Result(Double.NaN, 0.3, 1, false));
    assertThat(comparison.results().get("eval_f1").get(0)).isEqualTo(new Result(0.6, 0.8, 2, true));
  }

  @Test
  void aRunHasItsPlaceInEveryPictureAlsoWhereItLoggedNothing() {
    Run other = new Run("b", Map.of(), List.of(new LogEntry(3, Map.of("eval_wer", 1.0))));
    RunComparison comparison = RunComparison.of(List.of(run("a", 0.1, 0.5), other));

    assertThat(comparison.curves())
        .allSatisfy(
            group -> assertThat(group.curves()).extracting(Curve::name).containsExactly("a", "b"));
    assertThat(comparison.results().get("eval_wer").get(0)).isNull();
    // Arguments of a run that has none are not known, and so do not differ.
    assertThat(comparison.differingArguments()).isEmpty();
    assertThatThrownBy(() -> RunComparison.of(List.of(other))).hasMessageContaining("two");
    assertThatThrownBy(() -> RunComparison.of(List.of(other, other))).hasMessageContaining("'b'");
  }

  @Test
  @Timeout(300)
  void thePageDrawsEveryPointOfEveryRun() throws Exception {
    Path page = folder.resolve("page.html");
    RunComparison comparison =
        RunComparison.of(List.of(run("<a>", 0.1, 0.5, 0.2, 0.4), run("b", 0.2, 0.3, 0.1)));
    Files.writeString(page, comparison.html("a & b"));

    Chromium.Page shown;
    try (RequestRecorder proxy = new RequestRecorder()) {
      shown = Chromium.find(folder).open(page, false, proxy.port());
    }

    Matcher points = Pattern.compile("<html[^>]* data-points=\"(\\d+)\"").matcher(shown.dom());
    assertThat(points.find()).isTrue();
    assertThat(points.group(1)).isEqualTo("10");
    assertThat(shown.console()).isEmpty();
    assertThat(shown.dom()).contains("a &amp; b", "&lt;a&gt;");
  }
}
