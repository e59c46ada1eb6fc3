// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

/** A callback failed; the run stops rather than go on half observed. */
public final class CallbackException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  CallbackException(TrainerCallback callback, String event, Throwable cause) {
    super(
        "callback " + callback.getClass().getName() + " failed in " + event + ": " + cause, cause);
  }
}
