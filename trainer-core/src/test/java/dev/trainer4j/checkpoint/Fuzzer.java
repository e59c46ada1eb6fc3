// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Lets Jazzer, a fuzzer guided by coverage, look for bytes on which a parser fails other than by
 * its own exception, runs out of memory or hangs.
 *
 * <p>Each format gets a JVM of its own: the fuzzer instruments the classes it loads, ends the
 * process with its findings and can be given little memory. {@code -Dfuzz.scale=100} looks a
 * hundred times as long.
 */
public final class Fuzzer {
  private static final int SCALE = Integer.getInteger("fuzz.scale", 1);

  /** The second compiler takes longer than it saves, unless the fuzzer looks for long. */
  private static final String COMPILERS = "-XX:TieredStopAtLevel=" + (SCALE == 1 ? 1 : 4);

  private Fuzzer() {}

  /** Runs a target on seeds and what comes of them, and fails with what it found. */
  public static void run(Path folder, String target, int executions, List<byte[]> seeds)
      throws Exception {
    Path corpus = Files.createDirectory(folder.resolve("corpus"));
    int number = 0;
    for (byte[] seed : seeds) {
      Files.write(corpus.resolve("seed-" + number++), seed);
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
                "-Xmx512m",
                "-Xss512k",
                "-XX:+EnableDynamicAgentLoading",
                "-Djava.io.tmpdir=" + folder,
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target,
                "--instrumentation_includes=dev.trainer4j.checkpoint.**",
                "--reproducer_path=" + folder,
                "-artifact_prefix=" + folder + "/",
                "-runs=" + runs,
                "-seed=20261123",
                "-reload=0", // Or each second some runs again, above their number.
                "-max_len=8192",
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
}
