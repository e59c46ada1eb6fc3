// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import dev.trainer4j.data.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds what a command line calls a model: a folder of this computer, or one that the Hub fills. */
public final class NamedModel {
  private static final Logger LOG = LoggerFactory.getLogger(NamedModel.class);
  private static final String NAME = "[A-Za-z0-9][\\w.-]*(/[A-Za-z0-9][\\w.-]*)?(@[^@\\s]+)?";

  private NamedModel() {}

  /**
   * Returns the folder.
   *
   * @param flag what the command line calls it, for messages
   * @param name a path, or a name of the Hub, which may end in {@code @revision}
   * @param revision of the Hub; null for the main one
   * @throws UsageException if the name is neither
   * @throws IOException if there is no such folder, and the Hub gives none
   */
  public static Path folder(String flag, String name, @Nullable String revision)
      throws IOException {
    Path path;
    try {
      path = Path.of(name);
    } catch (InvalidPathException e) {
      throw new UsageException(
          flag + " is '" + name + "', which is neither a path nor a name of the Hub", e);
    }
    if (Files.isDirectory(path)) {
      if (revision != null) {
        throw new UsageException(
            "model_revision is for models of the Hub, and " + name + " is a folder; remove it");
      }
      return path;
    }
    if (Files.exists(path)) {
      throw new UsageException(
          flag
              + " is '"
              + name
              + "', a file, expected the folder of a model, or a name of the Hub");
    }
    if (!name.matches(NAME)) {
      throw new UsageException(
          flag
              + " is '"
              + name
              + "': there is no such folder, and a name of the Hub is owner/name");
    }
    LOG.info("There is no folder {}: it is taken for a name of the Hub", name);
    try {
      return Folders.ofModel(revision == null ? name : name + "@" + revision);
    } catch (IOException e) {
      throw new IOException(
          flag
              + " is '"
              + name
              + "': there is no such folder here, and a model of this name was not had from the Hub",
          e);
    }
  }
}
