// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

/** Text from a file, made fit for a message: a hostile name must not forge log lines or fill the log. */
public final class Quoted {
  private static final int MAX_LENGTH = 200;

  private Quoted() {}

  /**
   * Quotes a text.
   *
   * @param text from a file
   * @return at most 200 characters of it, with control characters escaped
   */
  public static String of(String text) {
    StringBuilder quoted = new StringBuilder("'");
    text.chars()
        .limit(MAX_LENGTH)
        .forEach(
            c -> {
              if (Character.isISOControl(c) || Character.isSurrogate((char) c)) {
                quoted.append(String.format("\\u%04x", c));
              } else {
                quoted.append((char) c);
              }
            });
    return quoted.append(text.length() > MAX_LENGTH ? "…'" : "'").toString();
  }
}
