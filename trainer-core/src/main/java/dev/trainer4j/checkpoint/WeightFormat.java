// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.nio.file.Path;

/**
 * How the weights of a model lie in a folder, and what opens a file of them.
 *
 * @param single the name of the one file of a model that is not cut
 * @param index the name of the index of a model in several files
 * @param ending of the names of those files, with its dot
 * @param opener opens one of the files
 */
public record WeightFormat(String single, String index, String ending, Opener opener) {

  /** {@code model.safetensors}, or shards and {@code model.safetensors.index.json}. */
  public static final WeightFormat SAFETENSORS =
      new WeightFormat(
          "model.safetensors", ShardIndex.FILE_NAME, ".safetensors", SafetensorsFile::open);

  /** Opens a file of tensors. */
  @FunctionalInterface
  public interface Opener {
    /**
     * Opens a file.
     *
     * @param file to be opened
     * @return the open file
     * @throws IOException if it is damaged or cannot be read
     */
    TensorFile open(Path file) throws IOException;
  }
}
