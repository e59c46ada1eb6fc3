// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Folders that are given by their path or by a name. */
public final class Folders {

  /** A snapshot in the cache of the Hub's clients. */
  private static final Pattern CACHED =
      Pattern.compile(".*models--([^/\\\\]+)[/\\\\]snapshots[/\\\\][0-9a-f]{40}[/\\\\]?");

  private Folders() {}

  /**
   * Tells what {@link #ofModel} would find a folder by, on another machine where that is possible.
   *
   * @param folder the path of the folder of a model
   * @return the name on the Hub, such as {@code google-bert/bert-base-cased}, of a snapshot in the cache of the Hub's clients; else
   *     {@code folder} as it is
   */
  public static String nameOrPath(String folder) {
    Matcher cached = CACHED.matcher(folder);
    return cached.matches() ? cached.group(1).replaceFirst("--", "/") : folder;
  }

  /**
   * Finds the folder of a model, as Hugging Face's {@code from_pretrained} does: a folder of this path if there is one, else the model of
   * this name on the Hub, for which the module trainer-hub must be on the class path.
   *
   * @param folderOrName such as {@code models/bert} or {@code google-bert/bert-base-cased}; {@code name@revision} for another
   *     revision than {@code main}
   * @throws IOException if there is neither; the message says what to do
   */
  public static Path ofModel(String folderOrName) throws IOException {
    if (isFolder(folderOrName)) {
      return Path.of(folderOrName);
    }
    int at = folderOrName.indexOf('@');
    String name = at < 0 ? folderOrName : folderOrName.substring(0, at);
    String revision = at < 0 ? "main" : folderOrName.substring(at + 1);
    FolderProvider provider =
        find()
            .orElseThrow(
                () ->
                    new NotDirectoryException(
                        "'"
                            + folderOrName
                            + "' is no folder here. To load a model by its name on the Hugging Face Hub, add"
                            + " dev.trainer4j:trainer-hub in the version of trainer-core, or give the folder"
                            + " of one that was downloaded"));
    try {
      return provider.model(name, revision);
    } catch (IOException e) {
      // A folder that was mistyped looks like a name of the Hub: both are told.
      throw new IOException(
          "'"
              + folderOrName
              + "' is no folder here, and no model of this name came from the Hub: "
              + e.getMessage(),
          e);
    }
  }

  private static boolean isFolder(String text) {
    try {
      return Files.isDirectory(Path.of(text));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** Beside this library, or where the host keeps its plugins. */
  private static Optional<FolderProvider> find() {
    return ServiceLoader.load(FolderProvider.class, Folders.class.getClassLoader())
        .findFirst()
        .or(() -> ServiceLoader.load(FolderProvider.class).findFirst());
  }
}
