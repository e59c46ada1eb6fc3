// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;

/** Files beside the tests. Those of {@code configs} were written by Accelerate 1.15 itself. */
final class Resources {

  private Resources() {}

  static Path file(String name) {
    URL place = Objects.requireNonNull(Resources.class.getResource(name), name);
    try {
      return Path.of(place.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
