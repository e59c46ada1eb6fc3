// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import dev.trainer4j.checkpoint.Fuzzer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lets a fuzzer look for files of PyTorch on which reading fails other than by its own exception. */
@Tag("fuzz")
class TorchFuzzTest {
  private static final Path RESOURCES = Path.of("src/test/resources/checkpoint");
  private static final Path OPTIMIZER = RESOURCES.resolve("hf-checkpoint/optimizer.pt");
  private static final Path SCHEDULER = RESOURCES.resolve("hf-checkpoint/scheduler.pt");
  private static final Path WEIGHTS = RESOURCES.resolve("pytorch/state-dict.bin");

  private final Path folder;

  TorchFuzzTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @CsvSource({"Pickle, 100000", "Archive, 20000", "Weights, 20000"})
  void isRefusedOrConsistent(String target, int executions) throws Exception {
    Fuzzer.run(folder, TorchFuzzTargets.class.getName() + "$" + target, executions, seeds(target));
  }

  private static List<byte[]> seeds(String target) throws IOException {
    return switch (target) {
      case "Pickle" ->
          List.of(
              pickle(OPTIMIZER, "optimizer"),
              pickle(SCHEDULER, "scheduler"),
              pickle(WEIGHTS, "state-dict"));
      case "Archive" -> List.of(Files.readAllBytes(OPTIMIZER), Files.readAllBytes(SCHEDULER));
      default -> List.of(Files.readAllBytes(WEIGHTS));
    };
  }

  private static byte[] pickle(Path file, String root) throws IOException {
    try (ZipEntries entries = ZipEntries.open(file)) {
      return entries.bytes(root + "/data.pkl", 1 << 20);
    }
  }
}
