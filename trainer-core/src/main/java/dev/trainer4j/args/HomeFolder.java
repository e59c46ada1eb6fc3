// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.nio.file.Path;

/** The {@code ~} at the start of a path, which shells expand and files and builders do not. */
final class HomeFolder {
  private HomeFolder() {}

  static Path expand(Path path) {
    if (path.isAbsolute() || !path.startsWith("~")) {
      return path;
    }
    Path home = Path.of(System.getProperty("user.home"));
    return path.getNameCount() == 1 ? home : home.resolve(path.subpath(1, path.getNameCount()));
  }
}
