// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Folders in the states that tests need. */
final class Folders {
  private Folders() {}

  /** Two files, one of them in a sub-folder, that say of which save they are. */
  static CheckpointContents contents(String text) {
    return folder -> {
      Files.writeString(folder.resolve("model.safetensors"), "weights " + text);
      Files.createDirectory(folder.resolve("adapter"));
      Files.writeString(folder.resolve("adapter/config.json"), "config " + text);
    };
  }

  /** What a crash at that stage leaves: another process's folder. */
  static Path rename(Path checkpoint, String stage) throws IOException {
    String name = ".%s.%s-4711-0badcafe".formatted(checkpoint.getFileName(), stage);
    return Files.move(checkpoint, checkpoint.resolveSibling(name.toLowerCase(Locale.ROOT)));
  }

  static List<String> names(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return children.map(child -> child.getFileName().toString()).sorted().toList();
    }
  }
}
