// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real process is killed by a real signal in the middle of a run; its logs are read, and the run goes on. */
@Timeout(300)
class KilledLogsTest {

  private static final List<Long> ALL =
      LongStream.rangeClosed(1, LogChild.UPDATES).boxed().toList();

  private final Path dir;

  KilledLogsTest(@TempDir Path dir) {
    this.dir = dir;
  }

  @Test
  void logsAreReadableAfterAKillAndCompleteAfterTheResume() throws Exception {
    Path killed = dir.resolve("killed");
    // Behind the checkpoint of 20, so three updates come twice; in the middle of the third epoch.
    kill(killed, 23);

    List<Long> upTo23 = LongStream.rangeClosed(1, 23).boxed().toList();
    assertThat(jsonSteps(killed)).isEqualTo(upTo23);
    assertThat(csvSteps(killed)).isEqualTo(upTo23);
    EventFileReader events = EventFileReader.read(onlyRun(killed));
    assertThat(events.steps("train/loss")).isEqualTo(upTo23);
    assertThat(events.tornFiles()).isZero();
    assertThat(killed.resolve("report.html"))
        .content()
        .contains("data-status=\"running\"")
        .endsWith("</html>\n");

    tear(killed);
    resume(killed);

    Path whole = dir.resolve("whole");
    resume(whole);
    assertThat(withoutSpeed(killed)).isEqualTo(withoutSpeed(whole)).hasSize(ALL.size() + 5 + 1);
    assertThat(jsonSteps(killed)).isEqualTo(ALL);
    assertThat(csvSteps(killed)).isEqualTo(ALL);
    EventFileReader resumed = EventFileReader.read(onlyRun(killed));
    assertThat(resumed.tornFiles()).isEqualTo(1);
    assertThat(resumed.steps("train/loss")).isEqualTo(ALL);
    Map<String, List<EventFileReader.Point>> expected =
        EventFileReader.read(onlyRun(whole)).scalars();
    for (String tag :
        List.of("train/loss", "train/learning_rate", "train/grad_norm", "eval/loss")) {
      assertThat(resumed.scalars().get(tag)).as(tag).isEqualTo(expected.get(tag));
    }
    assertThat(resumed.scalars().keySet()).isEqualTo(expected.keySet());
    assertThat(killed.resolve("report.html"))
        .content()
        .contains("data-status=\"finished\"")
        .contains("\"name\":\"loss\",\"x\":" + ALL.toString().replace(" ", "") + ",");
    try (Stream<Path> files = Files.list(killed)) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.contains("log.")))
          .as("nothing is moved aside")
          .containsExactlyInAnyOrder("log.csv", "log.jsonl");
    }
  }

  private static void kill(Path outputDir, long step) throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-DOPT_OUT_TRACKING=true",
                "-Dai.djl.offline=true",
                "-cp",
                System.getProperty("java.class.path"),
                LogChild.class.getName(),
                outputDir.toString(),
                String.valueOf(step))
            .redirectErrorStream(true)
            .start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      String line = out.readLine();
      while (line != null && !line.equals("waiting")) {
        lines.add(line);
        line = out.readLine();
      }
      assertThat(line).as(String.join("\n", lines)).isNotNull();
    } finally {
      child.destroyForcibly();
      assertThat(child.waitFor(240, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** What a kill inside of a write may leave, and a power failure mostly does. */
  private static void tear(Path outputDir) throws IOException {
    Files.writeString(
        outputDir.resolve("log.jsonl"), "{\"step\":24,\"lo", StandardOpenOption.APPEND);
    Files.writeString(outputDir.resolve("log.csv"), "24,2.", StandardOpenOption.APPEND);
    try (Stream<Path> files = Files.list(onlyRun(outputDir))) {
      Path events = files.findFirst().orElseThrow();
      Files.write(events, new byte[] {42, 0, 0, 0, 0, 0, 0, 0, 1, 2}, StandardOpenOption.APPEND);
    }
  }

  private static void resume(Path outputDir) throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(LogChild.args(outputDir)).build()) {
      trainer.train(ResumeFrom.latestIfAny());
    }
  }

  private static Path onlyRun(Path outputDir) throws IOException {
    try (Stream<Path> runs = Files.list(outputDir.resolve("runs"))) {
      List<Path> all = runs.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }

  private static List<JsonNode> json(Path outputDir) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(outputDir.resolve("log.jsonl"))) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }

  private static List<Long> jsonSteps(Path outputDir) throws IOException {
    return json(outputDir).stream()
        .filter(line -> line.has("loss"))
        .map(line -> line.get("step").asLong())
        .toList();
  }

  private static List<String> withoutSpeed(Path outputDir) throws IOException {
    return json(outputDir).stream()
        .map(
            line -> {
              List<String> names = new ArrayList<>();
              line.fieldNames().forEachRemaining(names::add);
              return names.stream()
                  .filter(name -> !name.endsWith("_runtime") && !name.endsWith("_per_second"))
                  .map(name -> name + " " + line.get(name))
                  .toList()
                  .toString();
            })
        .toList();
  }

  private static List<Long> csvSteps(Path outputDir) throws IOException {
    CSVFormat format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
    try (CSVParser parser =
        CSVParser.parse(outputDir.resolve("log.csv"), StandardCharsets.UTF_8, format)) {
      List<CSVRecord> rows = parser.getRecords();
      assertThat(rows).allMatch(CSVRecord::isConsistent);
      return rows.stream()
          .filter(row -> !row.get("loss").isEmpty())
          .map(row -> Long.valueOf(row.get("step")))
          .toList();
    }
  }
}
