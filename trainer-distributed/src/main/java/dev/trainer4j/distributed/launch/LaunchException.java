// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What keeps a job from being started; the message says what to change. */
public final class LaunchException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  LaunchException(String message) {
    super(message);
  }

  LaunchException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** All problems at once, a line each. */
  static LaunchException of(String what, List<String> problems) {
    return new LaunchException(what + ":\n  " + String.join("\n  ", problems));
  }
}
