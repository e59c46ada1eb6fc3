// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the files of tensors in pieces are named: {@code optimizer-00002-of-00003.safetensors}, and
 * {@code optimizer.safetensors} where one file holds everything.
 */
final class PieceName {
  private static final String ENDING = ".safetensors";

  private PieceName() {}

  static String of(String stem, int part, int of) {
    return of == 1 ? stem + ENDING : "%s-%05d-of-%05d%s".formatted(stem, part, of, ENDING);
  }

  /** Whether a folder has any of the files; a folder that cannot be listed has none. */
  static boolean areIn(Path folder, String stem) {
    try {
      return Files.isRegularFile(folder.resolve(of(stem, 1, 1))) || !worlds(folder, stem).isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Returns the files of a folder, part by part.
   *
   * @throws SafetensorsException if there are none, if one is missing or no regular file, or if they
   *     are of two saves
   */
  static List<Path> find(Path folder, String stem) throws IOException {
    Set<Integer> worlds = worlds(folder, stem);
    if (Files.exists(folder.resolve(of(stem, 1, 1)), LinkOption.NOFOLLOW_LINKS)) {
      worlds.add(1);
    }
    if (worlds.isEmpty()) {
      throw new SafetensorsException(
          folder,
          "there is neither " + of(stem, 1, 1) + " nor " + stem + "-00001-of-0000N" + ENDING);
    }
    if (worlds.size() > 1) {
      throw new SafetensorsException(
          folder, "holds " + stem + " in files of saves by " + worlds + " ranks; keep one of them");
    }
    int world = worlds.iterator().next();
    List<Path> files = new ArrayList<>();
    for (int part = 1; part <= world; part++) {
      Path file = folder.resolve(of(stem, part, world));
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        throw new SafetensorsException(
            file,
            Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                ? "is not a regular file"
                : "is missing, and its pieces with it");
      }
      files.add(file);
    }
    return files;
  }

  /** The numbers of ranks that names in a folder speak of, 2 or more. */
  private static Set<Integer> worlds(Path folder, String stem) throws IOException {
    Pattern name =
        Pattern.compile(Pattern.quote(stem) + "-\\d{5,9}-of-(\\d{5,9})" + Pattern.quote(ENDING));
    Set<Integer> worlds = new LinkedHashSet<>();
    if (!Files.isDirectory(folder)) {
      return worlds;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Matcher matcher = name.matcher(file.getFileName().toString());
        int world = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
        if (world > 1) {
          worlds.add(world);
        }
      }
    }
    return worlds;
  }
}
