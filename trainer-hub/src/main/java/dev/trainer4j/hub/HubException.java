// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.IOException;

/** What the Hub refused, or did not give; the message says what to do. It never holds a token. */
public final class HubException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Reason {
    /** There is no such repository, or it is private and the token may not see it. */
    REPOSITORY_NOT_FOUND,
    /** Its owner lets in whom they choose. */
    GATED,
    /** The repository has no such branch, tag or commit. */
    REVISION_NOT_FOUND,
    /** The revision has no such file. */
    FILE_NOT_FOUND,
    /** The token is wrong, or lacks a permission. */
    NOT_ALLOWED,
    /** Too many requests. */
    RATE_LIMITED,
    /** The server refused the request for another reason. */
    REFUSED,
    /** The server, or the way to it, failed, also in further tries. */
    UNREACHABLE,
    /** What arrived is not what was announced. */
    DAMAGED,
    /** A name of a file that could write elsewhere, or an answer that is none of a Hub. */
    HOSTILE,
    /** {@code HF_HUB_OFFLINE} is set, and the cache lacks something. */
    OFFLINE
  }

  private final Reason reason;

  HubException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  HubException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Returns what is wrong. */
  public Reason reason() {
    return reason;
  }
}
