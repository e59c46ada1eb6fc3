// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.nio.file.Path;

/** A safetensors file that is damaged, hostile or holds what was not asked for. */
public final class SafetensorsException extends IOException {
  private static final long serialVersionUID = 1L;

  SafetensorsException(Path file, String problem) {
    super(file + ": " + problem);
  }

  SafetensorsException(Path file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
  }

  static SafetensorsException of(Path file, String tensor, String problem) {
    return new SafetensorsException(file, "tensor " + Quoted.of(tensor) + ": " + problem);
  }
}
