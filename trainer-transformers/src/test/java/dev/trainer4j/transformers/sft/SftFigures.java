// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** What TRL makes of rows: the figures of the class path, or the folder {@code sft} of {@code -Dparity.dir=DIR}. */
final class SftFigures {

  private static final ObjectMapper JSON = new ObjectMapper();

  private SftFigures() {}

  static Path folder() {
    String given = System.getProperty("parity.dir");
    return given == null || given.isBlank() ? ownFolder() : Path.of(given).resolve("sft");
  }

  static Path ownFolder() {
    URL resource = Objects.requireNonNull(SftFigures.class.getResource("/parity/sft"));
    try {
      return Path.of(resource.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<String> cases() {
    try (Stream<Path> folders = Files.list(folder().resolve("cases"))) {
      return folders
          .filter(Files::isDirectory)
          .map(path -> path.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode run(String name) throws IOException {
    return JSON.readTree(folder().resolve("cases").resolve(name).resolve("run.json").toFile());
  }

  /** The tokenizer of the class path's figures. */
  static PretrainedTokenizer tokenizer() {
    return PretrainedTokenizer.load(ownFolder().resolve("model"));
  }
}
