// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What turned raw data into the inputs of the model, such as a tokenizer.
 *
 * <p>A model is of no use without it, so the trainer writes it into every checkpoint, beside the
 * model: Hugging Face's {@code processing_class}.
 */
@FunctionalInterface
public interface ProcessingClass {

  /**
   * Writes the files from which it can be read again.
   *
   * @param folder an existing folder, which may hold the files of the model
   * @throws IOException if a file cannot be written; then no checkpoint comes into being
   */
  void save(Path folder) throws IOException;
}
