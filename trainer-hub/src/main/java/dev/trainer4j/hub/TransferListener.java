// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

/** Is told how far downloads and uploads are, by several threads at once and often: be quick. */
@FunctionalInterface
public interface TransferListener {

  /**
   * Called after each piece of a file.
   *
   * @param repository such as {@code owner/name}
   * @param file its name in the repository
   * @param done bytes of it that are there, those of earlier tries included; less than before if it had to
   *     begin again
   * @param total bytes of the file
   */
  void onProgress(String repository, String file, long done, long total);
}
