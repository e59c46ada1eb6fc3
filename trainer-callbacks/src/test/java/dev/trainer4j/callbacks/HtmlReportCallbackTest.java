// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HtmlReportCallbackTest {

  private final Path dir;

  HtmlReportCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private TrainingArguments.Builder args() {
    return GoldenTask.args(dir)
        .numTrainEpochs(3)
        .evalStrategy(EPOCH)
        .saveStrategy(EPOCH)
        .loadBestModelAtEnd(true)
        .metricForBestModel("eval_loss");
  }

  private static List<LogEntry> train(
      TrainingArguments args, ResumeFrom from, TrainerCallback... callbacks) throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(args);
      List.of(callbacks).forEach(builder::callback);
      try (Trainer trainer = builder.build()) {
        trainer.train(from);
        return trainer.state().logHistory();
      }
    }
  }

  private String page() throws IOException {
    return Files.readString(dir.resolve("report.html"));
  }

  private JsonNode data() throws IOException {
    Matcher script =
        Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>")
            .matcher(page());
    assertThat(script.find()).isTrue();
    return new ObjectMapper().readTree(script.group(1));
  }

  private JsonNode series(String name) throws IOException {
    for (JsonNode chart : data().get("charts")) {
      for (JsonNode series : chart.get("series")) {
        if (series.get("name").asText().equals(name)) {
          return series;
        }
      }
    }
    throw new AssertionError("there is no curve " + name + " in " + data());
  }

  private static List<Long> longs(JsonNode array) {
    List<Long> values = new ArrayList<>();
    array.forEach(value -> values.add(value.asLong()));
    return values;
  }

  @Test
  void holdsEveryValueLogged() throws IOException {
    List<LogEntry> history = train(args().build(), ResumeFrom.never(), new HtmlReportCallback());

    for (String name :
        List.of("loss", "grad_norm", "learning_rate", "eval_loss", "eval_accuracy")) {
      List<LogEntry> lines = history.stream().filter(l -> l.value(name).isPresent()).toList();
      JsonNode series = series(name);
      assertThat(series.get("x")).hasSameSizeAs(lines);
      for (int i = 0; i < lines.size(); i++) {
        assertThat(series.get("x").get(i).asLong()).isEqualTo(lines.get(i).step());
        assertThat(series.get("y").get(i).asDouble())
            .isEqualTo(lines.get(i).value(name).orElseThrow());
      }
    }
    assertThat(data().get("charts").get(0).get("title").asText()).isEqualTo("loss");
    assertThat(data().get("running").asBoolean()).isFalse();
  }

  @Test
  void marksTheBestCheckpointAndItsEvaluation() throws IOException {
    train(args().build(), ResumeFrom.never(), new HtmlReportCallback());

    // In the golden run eval_loss is smallest after the first epoch.
    assertThat(page().replaceAll("\\s+", " "))
        .contains("<tr class=\"best\"><td>checkpoint-9 <span class=\"badge good\">best</span>")
        .contains("<tr class=\"best\"><td>9 <span class=\"badge good\">best</span>")
        .contains("<tr><td>checkpoint-18</td>")
        .contains("<tr><td>18</td><td>2</td>");
  }

  @Test
  void listsArgumentsAndEnvironment() throws IOException {
    train(args().build(), ResumeFrom.never(), new HtmlReportCallback());

    assertThat(page())
        .contains(
            "<tr class=\"changed\"><th scope=\"row\">learning_rate</th><td>0.2</td></tr>",
            "<tr><th scope=\"row\">adam_beta1</th><td>0.9</td></tr>",
            "<th scope=\"row\">libtorch</th><td>2.",
            "<th scope=\"row\">device</th><td>cpu",
            System.getProperty("java.runtime.version"));
  }

  @Test
  void continuesInAResumedRunWithoutRepeatingOrLosingAStep() throws IOException {
    train(args().build(), ResumeFrom.never(), new HtmlReportCallback(), new StopAt(18));
    assertThat(longs(series("loss").get("x"))).hasSize(18);
    assertThat(page()).contains("data-status=\"stopped early\"");

    train(args().build(), ResumeFrom.latest(), new HtmlReportCallback());

    assertThat(longs(series("loss").get("x")))
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 27).boxed().toList());
    assertThat(longs(series("eval_loss").get("x"))).containsExactly(9L, 18L, 27L);
    assertThat(page()).contains("data-status=\"finished\"", "time since resume");
  }

  @Test
  void isThereWholeWhileTheRunGoesOn() throws IOException {
    List<String> seen = new ArrayList<>();
    train(args().build(), ResumeFrom.never(), new HtmlReportCallback(), new Reads(seen));

    assertThat(seen)
        .hasSize(27)
        .allMatch(page -> page.contains("data-status=\"running\""))
        .allMatch(page -> page.endsWith("</html>\n"));
    try (var files = Files.list(dir)) {
      assertThat(files).noneMatch(file -> file.toString().endsWith(".tmp"));
    }
  }

  @Test
  void isCalledAsTheRunAndLiesInTheLoggingDir() throws IOException {
    train(
        args().runName("golden").loggingDir(dir.resolve("logs")).build(),
        ResumeFrom.never(),
        new HtmlReportCallback());

    assertThat(dir.resolve("report.html")).doesNotExist();
    assertThat(dir.resolve("logs/report.html")).content().contains("<h1>golden</h1>");
  }

  @Test
  void addsAnEvaluationAfterTheRun() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(GoldenTask.args(dir).numTrainEpochs(1).build())
                .callback(new HtmlReportCallback())
                .build()) {
      trainer.train();
      trainer.evaluate();
    }

    assertThat(longs(series("eval_loss").get("x"))).containsExactly(9L);
    assertThat(page()).contains("data-status=\"finished\"");
  }

  @Test
  void showsALossThatIsNotANumberAsAGapAndSaysSo() throws IOException {
    train(
        GoldenTask.args(dir)
            .numTrainEpochs(1)
            .learningRate(1e30)
            .nanPolicy(NanPolicy.CONTINUE)
            .build(),
        ResumeFrom.never(),
        new HtmlReportCallback());

    JsonNode y = series("loss").get("y");
    assertThat(y.get(0).isNumber()).isTrue();
    assertThat(y.get(8).isNull()).isTrue();
    assertThat(page()).containsPattern("loss: \\d of 9 values are not finite and leave gaps");
  }

  @Test
  void letsNoNameOutOfItsPlace() throws IOException {
    String name = "</script><img src=x onerror=alert(1)>";
    train(args().build(), ResumeFrom.never(), HtmlReportCallback.builder().title(name).build());

    assertThat(page())
        .doesNotContain("<img")
        .contains("&lt;/script&gt;&lt;img src&#x3D;x onerror&#x3D;alert(1)&gt;");
    CurveGroup hostile =
        CurveGroup.of(List.of(new LogEntry(1, java.util.Map.of(name, 1.0)))).get(0);
    String json =
        new ReportData(List.of(hostile))
            .toJson(java.time.Instant.EPOCH, false, Duration.ofSeconds(1));
    assertThat(json).doesNotContain("<");
    assertThat(new ObjectMapper().readTree(json).at("/charts/0/title").asText()).isEqualTo(name);
  }

  @Test
  void asksForNothingFromOutside() throws IOException {
    train(args().build(), ResumeFrom.never(), new HtmlReportCallback());

    assertThat(page())
        .contains("content=\"default-src &#39;none&#39;; img-src data:;")
        .doesNotContainPattern("(src|href|action)\\s*=\\s*[\"']?(?!data:)[a-z]+:")
        .doesNotContainPattern("url\\(|@import");
  }

  @Test
  void refusesToTrainWithoutAReportIfTheFileCannotBeWritten() throws IOException {
    Files.createDirectories(dir.resolve("report.html/in-the-way"));

    assertThatThrownBy(() -> train(args().build(), ResumeFrom.never(), new HtmlReportCallback()))
        .hasMessageContaining("HtmlReportCallback")
        .hasMessageContaining("report.html cannot be written");
  }

  @Test
  void refusesSettingsThatMakeNoSense() {
    assertThatThrownBy(() -> HtmlReportCallback.builder().file("../x.html").build())
        .hasMessageContaining("file must be the name of a file")
        .hasMessageContaining("../x.html");
    assertThatThrownBy(() -> HtmlReportCallback.builder().interval(Duration.ZERO).build())
        .hasMessageContaining("interval must be at least one second, but is PT0S");
  }

  private record StopAt(long step) implements TrainerCallback {
    @Override
    public void onEpochEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() >= step) {
        control.requestTrainingStop();
      }
    }
  }

  private record Reads(List<String> seen) implements TrainerCallback {
    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      try {
        seen.add(Files.readString(ctx.args().outputDir().resolve("report.html")));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
