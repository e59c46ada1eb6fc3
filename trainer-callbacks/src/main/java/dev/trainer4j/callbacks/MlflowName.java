// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.util.regex.Pattern;

/**
 * Names as every MLflow server takes them. One that it refuses would cost the whole batch, and each
 * batch after that.
 */
final class MlflowName {

  /** One less than is allowed: room for an underscore. */
  private static final int LONGEST = 249;

  /** Letters, digits, underscores, dashes, periods, spaces and slashes; colons are refused by some. */
  private static final Pattern REFUSED =
      Pattern.compile("[^/\\w.\\- ]", Pattern.UNICODE_CHARACTER_CLASS);

  /** A server that keeps runs in files takes no name that is another way to write a path. */
  private static final Pattern ODD_PATH =
      Pattern.compile("|[./].*|.*/|.*//.*|.*/\\.{1,2}/.*|.*/\\.{1,2}");

  private MlflowName() {}

  /** Returns the name with an underscore for what is not allowed in it, and at most 250 characters. */
  static String of(String name) {
    String safe = REFUSED.matcher(name).replaceAll("_");
    safe = safe.substring(0, Math.min(safe.length(), LONGEST));
    return ODD_PATH.matcher(safe).matches() ? "_" + safe.replace('/', '_') : safe;
  }
}
