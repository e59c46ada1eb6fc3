// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Finds the folder of a model that is given by its name on a hub.
 *
 * <p>It is found by {@link java.util.ServiceLoader}; the module trainer-hub has one.
 */
public interface FolderProvider {

  /**
   * Returns the folder, downloading what it lacks.
   *
   * @param name such as {@code google-bert/bert-base-cased}
   * @param revision a branch, a tag or a commit
   * @throws IOException if there is no such model, or it cannot be had; the message says what to do
   */
  Path model(String name, String revision) throws IOException;
}
