// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import org.jspecify.annotations.Nullable;

/** A pretrained model that cannot be used as it is; the message says what to do. */
public final class PretrainedException extends IllegalArgumentException {

  private static final long serialVersionUID = 1;

  /** Makes one. */
  public PretrainedException(String message) {
    super(message);
  }

  /** Makes one with its cause. */
  public PretrainedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
