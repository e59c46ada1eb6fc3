// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import java.io.UncheckedIOException;

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
    this(
        isSentence(cause)
            ? cause.getMessage() + " (callback " + name(callback) + ", in " + event + ")"
            : "callback " + name(callback) + " failed in " + event + ": " + cause,
        cause);
  }

  private static String name(TrainerCallback callback) {
    return callback.getClass().getName();
  }

  /** Whether it was thrown with words for people, which then come first, and not by a slip. */
  private static boolean isSentence(Throwable cause) {
    String message = cause.getMessage();
    Class<?> type = cause.getClass();
    boolean spoken =
        type == IllegalArgumentException.class
            || type == IllegalStateException.class
            || type == UnsupportedOperationException.class
            || type == UncheckedIOException.class
            || type.getName().startsWith("dev.trainer4j.");
    // Without words of its own an exception has those of its cause, with the name of its type.
    boolean own = cause.getCause() == null || !cause.getCause().toString().equals(message);
    return spoken && own && message != null && !message.isBlank();
  }
}
