// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Lets Jazzer, a fuzzer guided by coverage, look for bytes on which a parser fails other than by
 * its own exception, runs out of memory or hangs.
 *
 * <p>Each format gets a JVM of its own: the fuzzer instruments the classes it loads, ends the
 * process with its findings and can be given little memory. {@code -Dfuzz.scale=100} looks a
 * hundred times as long.
 */
@Tag("fuzz")
class FuzzTest {
  private static final int SCALE = Integer.getInteger("fuzz.scale", 1);
  private static final Path TORCH = Path.of("src/test/resources/checkpoint/hf-checkpoint");

  private final Path folder;

  FuzzTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @CsvSource({
    "Header, 40000",
    "ManifestJson, 40000",
    "Index, 40000",
    "Pickle, 100000",
    "Archive, 20000"
  })
  void isRefusedOrConsistent(String target, int executions) throws Exception {
    Path corpus = Files.createDirectory(folder.resolve("corpus"));
    int number = 0;
    for (byte[] seed : seeds(target)) {
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
                "-Xmx512m",
                "-Xss512k",
                "-XX:+EnableDynamicAgentLoading",
                "-Djava.io.tmpdir=" + folder,
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + FuzzTargets.class.getName() + "$" + target,
                "--instrumentation_includes=dev.trainer4j.checkpoint.**",
                "--reproducer_path=" + folder,
                "-artifact_prefix=" + folder + "/",
                "-runs=" + runs,
                "-seed=20261123",
                "-max_len=8192",
                "-timeout=20",
                corpus.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(fuzzer.waitFor(60L * SCALE + 240, TimeUnit.SECONDS)).isTrue();
    } finally {
      fuzzer.destroyForcibly();
    }
    String text = Files.readString(output, StandardCharsets.ISO_8859_1);
    assertThat(fuzzer.exitValue()).as(text).isZero();
    assertThat(text).contains("Done " + runs + " runs");
  }

  private static List<byte[]> seeds(String target) throws IOException {
    return switch (target) {
      case "Header" -> List.of(header());
      case "ManifestJson" -> List.of(manifest());
      case "Index" ->
          List.of(
              new ShardIndex(
                      OptionalLong.of(12),
                      Map.of("a", "model-00001-of-00002.safetensors", "b", "model.safetensors"))
                  .toJson());
      case "Pickle" -> List.of(pickle("optimizer"), pickle("scheduler"));
      default ->
          List.of(
              Files.readAllBytes(TORCH.resolve("optimizer.pt")),
              Files.readAllBytes(TORCH.resolve("scheduler.pt")));
    };
  }

  private static byte[] header() throws IOException {
    byte[] file = Files.readAllBytes(SafetensorsFileTest.PYTHON);
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return Arrays.copyOfRange(file, 8, 8 + length);
  }

  private static byte[] manifest() {
    String hash = "0123456789abcdef".repeat(4);
    return new Manifest(
            "0.1.0",
            500,
            List.of(
                new Manifest.Entry("model.safetensors", 123456789, hash),
                new Manifest.Entry("adapters/a/config.json", 0, hash)))
        .toJson();
  }

  private static byte[] pickle(String name) throws IOException {
    try (ZipEntries entries = ZipEntries.open(TORCH.resolve(name + ".pt"))) {
      return entries.bytes(name + "/data.pkl", 1 << 20);
    }
  }
}
