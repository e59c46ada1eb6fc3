// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.parity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The golden figures of the reference implementation: those on the class path, or a folder of the
 * same layout named by {@code -Dparity.dir=DIR}.
 */
final class Golden {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Golden() {}

  static Path folder() {
    String given = System.getProperty("parity.dir");
    if (given != null && !given.isBlank()) {
      return Path.of(given);
    }
    return ownFolder();
  }

  /** The figures on the class path, whatever folder was given. */
  static Path ownFolder() {
    URL resource = Golden.class.getResource("/parity/optimizers.json");
    if (resource == null) {
      throw new IllegalStateException("the golden figures are not on the class path");
    }
    try {
      return Path.of(resource.toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static JsonNode json(String name) {
    try {
      return MAPPER.readTree(Files.readString(folder().resolve(name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Figures of our own, which no other folder has. */
  static JsonNode ownJson(String name) {
    try {
      return MAPPER.readTree(Files.readString(ownFolder().resolve(name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names of the cases of {@code runs}, in order. */
  static List<String> runs() {
    try (Stream<Path> folders = Files.list(folder().resolve("runs"))) {
      return folders
          .filter(Files::isDirectory)
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
