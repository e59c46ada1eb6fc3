// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The hidden files that hold a large file until it is whole. One that a process left when it was killed goes with the next write. */
final class Drafts {
  private static final Pattern NAME =
      Pattern.compile("\\.(.+)\\.tmp(?:-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?");

  private Drafts() {}

  /** A new name beside the file. */
  static Path of(Path file) {
    return file.resolveSibling("." + file.getFileName() + ".tmp-" + UUID.randomUUID());
  }

  /** Deletes the drafts of one file. */
  static void clean(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      clean(folder, String.valueOf(file.getFileName())::equals);
    }
  }

  /** Deletes the drafts of the files of these names; a folder that is not there has none. */
  static void clean(Path folder, Predicate<String> names) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> hidden = Files.newDirectoryStream(folder, ".*")) {
      for (Path file : hidden) {
        Matcher draft = NAME.matcher(file.getFileName().toString());
        if (draft.matches()
            && names.test(draft.group(1))
            && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          Files.delete(file);
        }
      }
    }
  }
}
