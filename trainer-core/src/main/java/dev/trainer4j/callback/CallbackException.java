// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

/** A callback failed; the run stops rather than go on half observed. */
public final class CallbackException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** A class or method is not there, or was built for another version of a library. */
  static CallbackException unlinked(TrainerCallback callback, String event, LinkageError error) {
    return new CallbackException(
        "callback "
            + callback.getClass().getName()
            + " failed in "
            + event
            + ": "
            + error
            + "; a library that it needs is missing on the class path, or there in another version than the one"
            + " that its documentation names",
        error);
  }

  private CallbackException(String message, Throwable cause) {
    super(message, cause);
  }

  CallbackException(TrainerCallback callback, String event, Throwable cause) {
    super(
        "callback " + callback.getClass().getName() + " failed in " + event + ": " + cause, cause);
  }
}
