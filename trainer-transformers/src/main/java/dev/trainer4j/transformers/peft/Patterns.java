// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

import java.util.Map;
import java.util.regex.Pattern;

/** Values that differ from module to module, as {@code rank_pattern} and {@code alpha_pattern} have them. */
final class Patterns {

  private Patterns() {}

  /** Returns the value of the first key that matches the end of a module's name, behind a dot, or all of it. */
  static <T> T valueFor(String module, Map<String, T> values, T otherwise) {
    for (Map.Entry<String, T> entry : values.entrySet()) {
      if (Pattern.matches("(.*\\.)?(" + entry.getKey() + ")", module)) {
        return entry.getValue();
      }
    }
    return otherwise;
  }
}
