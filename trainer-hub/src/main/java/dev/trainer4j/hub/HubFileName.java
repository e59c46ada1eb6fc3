// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Names of files as a server gives them: a repository belongs to somebody, and may wish to write elsewhere. */
final class HubFileName {
  private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:.*");

  private HubFileName() {}

  /**
   * Finds the place of a file below a folder.
   *
   * @param name parts joined by {@code /}
   * @throws HubException if it could leave the folder, here or on Windows
   */
  static Path below(Path folder, String name) throws HubException {
    check(name);
    try {
      Path file = folder.resolve(name).normalize();
      if (file.startsWith(folder) && !file.equals(folder)) {
        return file;
      }
    } catch (InvalidPathException e) {
      throw refused(name, e.getReason());
    }
    throw refused(name, "it leads out of the folder");
  }

  /** Throws for a name that is no relative path of plain parts. */
  static void check(String name) throws HubException {
    if (name.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw refused(name, "it holds control characters");
    }
    if (name.contains("\\")) {
      throw refused(name, "it holds a backslash");
    }
    for (String part : name.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw refused(name, "a part of the path is '" + part + "'");
      }
      if (DRIVE.matcher(part).matches()) {
        throw refused(name, "it begins with a drive");
      }
    }
  }

  private static HubException refused(String name, String why) {
    return new HubException(
        HubException.Reason.HOSTILE,
        "the file name '"
            + shown(name)
            + "' is refused: "
            + why
            + ". Whoever owns the repository should rename it; leave it out with ignore patterns");
  }

  /** A text from elsewhere on one line of a message. */
  static String shown(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "\uFFFD");
    return line.length() <= 200 ? line : line.substring(0, 200) + "...";
  }
}
