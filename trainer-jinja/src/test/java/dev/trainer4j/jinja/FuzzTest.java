// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Lets Jazzer, a fuzzer guided by coverage, look for templates on which the engine hangs, dies or fails
 * other than by its own exception. {@code -Dfuzz.scale=100} looks a hundred times as long.
 */
@Tag("fuzz")
class FuzzTest {

  private static final int SCALE = Integer.getInteger("fuzz.scale", 1);

  /** The second compiler takes longer than it saves, unless the fuzzer looks for long. */
  private static final String COMPILERS = "-XX:TieredStopAtLevel=" + (SCALE == 1 ? 1 : 4);

  private final Path folder;

  FuzzTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @CsvSource({"Template, 4000", "Expression, 6000"})
  void everyTemplateRendersOrIsRefused(String target, int executions) throws Exception {
    Path corpus = Files.createDirectory(folder.resolve("corpus"));
    int number = 0;
    for (String seed : seeds(target)) {
      Files.writeString(corpus.resolve("seed-" + number++), seed, StandardCharsets.UTF_8);
    }
    long runs = (long) executions * SCALE;
    Path output = folder.resolve("output");
    Process fuzzer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                "-XX:+UseSerialGC",
                COMPILERS,
                "-Xmx256m",
                "-Xss512k",
                "-XX:+EnableDynamicAgentLoading",
                "-Djava.io.tmpdir=" + folder,
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + FuzzTargets.class.getName() + "$" + target,
                "--instrumentation_includes=dev.trainer4j.jinja.**",
                "--reproducer_path=" + folder,
                "-artifact_prefix=" + folder + "/",
                "-runs=" + runs,
                "-seed=20261129",
                "-reload=0", // Or each second some runs again, above their number.
                "-max_len=2048",
                "-timeout=60",
                corpus.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(fuzzer.waitFor(60L * SCALE + 900, TimeUnit.SECONDS)).isTrue();
    } finally {
      fuzzer.destroyForcibly();
    }
    String text = Files.readString(output, StandardCharsets.ISO_8859_1);
    assertThat(fuzzer.exitValue()).as(text).isZero();
    assertThat(text).contains("Done " + runs + " runs");
  }

  private static List<String> seeds(String target) throws Exception {
    List<String> seeds = new ArrayList<>();
    for (JsonNode figure : Figures.own("constructs.json").get("cases")) {
      String template = figure.get("t").asText();
      boolean expression = template.matches("\\{\\{ .+ \\}\\}");
      if (target.equals("Template")) {
        seeds.add(template);
      } else if (expression) {
        seeds.add(template.substring(3, template.length() - 3));
      }
    }
    if (target.equals("Template")) {
      Figures.own("templates.json")
          .get("templates")
          .forEach(template -> seeds.add(template.asText()));
    }
    return seeds;
  }
}
