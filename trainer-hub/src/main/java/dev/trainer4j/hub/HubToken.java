// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

/** An access token, which prints as {@code <HUB_TOKEN>}. */
final class HubToken {
  private static final String MASK = "<HUB_TOKEN>";
  private final String secret;

  /**
   * Checks a token.
   *
   * @param origin where it comes from, for the message
   * @throws IllegalArgumentException if it cannot stand in a header; the message does not show it
   */
  HubToken(String secret, String origin) {
    String stripped = secret.strip();
    if (stripped.isEmpty() || stripped.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw new IllegalArgumentException(
          "the token from "
              + origin
              + " must be printable ASCII without white space, and not empty; make one at"
              + " https://huggingface.co/settings/tokens");
    }
    this.secret = stripped;
  }

  String authorization() {
    return "Bearer " + secret;
  }

  /** A server may repeat what it was told. */
  String scrub(String text) {
    return text.replace(secret, MASK);
  }

  @Override
  public String toString() {
    return MASK;
  }
}
