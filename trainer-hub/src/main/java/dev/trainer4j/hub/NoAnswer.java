// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;

/** A request that nobody answered. */
final class NoAnswer {

  private NoAnswer() {}

  /** Says why there was no answer; the JDK's client often keeps that in a cause, or has no words for it. */
  static String why(IOException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnknownHostException || cause instanceof UnresolvedAddressException) {
        return "unknown host";
      }
      if (cause.getMessage() != null) {
        return cause.getMessage();
      }
    }
    return failure instanceof ConnectException
        ? "connection refused"
        : failure.getClass().getSimpleName();
  }
}
