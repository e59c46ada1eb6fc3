// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A file of {@code torch.save} that is damaged, hostile or holds more than plain values. */
public final class TorchFileException extends IOException {
  private static final long serialVersionUID = 1L;

  TorchFileException(String problem) {
    super(problem);
  }

  TorchFileException(String problem, @Nullable Throwable cause) {
    super(problem, cause);
  }
}
