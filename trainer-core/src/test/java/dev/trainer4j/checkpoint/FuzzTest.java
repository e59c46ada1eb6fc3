// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.types.Shape;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lets a fuzzer look for bytes on which a parser of text fails other than by its own exception. */
@Tag("fuzz")
class FuzzTest {
  private final Path folder;

  FuzzTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @CsvSource({"Header, 40000", "ManifestJson, 40000", "Index, 40000", "Pieces, 40000"})
  void isRefusedOrConsistent(String target, int executions) throws Exception {
    Fuzzer.run(folder, FuzzTargets.class.getName() + "$" + target, executions, seeds(target));
  }

  private static List<byte[]> seeds(String target) throws IOException {
    return switch (target) {
      case "Header" -> List.of(header());
      case "ManifestJson" -> List.of(manifest());
      case "Pieces" -> List.of(pieces());
      default ->
          List.of(
              new ShardIndex(
                      OptionalLong.of(12),
                      Map.of("a", "model-00001-of-00002.safetensors", "b", "model.safetensors"))
                  .toJson());
    };
  }

  private static byte[] header() throws IOException {
    byte[] file = Files.readAllBytes(SafetensorsFileTest.PYTHON);
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return Arrays.copyOfRange(file, 8, 8 + length);
  }

  private static byte[] pieces() {
    PieceLayout layout =
        new PieceLayout(
            2,
            3,
            Map.of(
                "fc1.weight.exp_avg", new PieceLayout.Range(new Shape(16, 8), 43, 86),
                "fc1.weight.step", new PieceLayout.Range(new Shape(), 0, 1)));
    return layout.toJson().getBytes(StandardCharsets.UTF_8);
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
}
