// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.data.FolderProvider;
import java.io.IOException;
import java.nio.file.Path;

/** Lets models be loaded by their names. */
public final class HubFolderProvider implements FolderProvider {

  /** For {@link java.util.ServiceLoader}. */
  public HubFolderProvider() {}

  @Override
  public Path model(String name, String revision) throws IOException {
    try {
      return Hub.model(name, revision);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
