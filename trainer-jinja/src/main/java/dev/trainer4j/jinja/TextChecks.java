// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.function.IntPredicate;

/** The methods of {@code str} whose names begin with "is". */
final class TextChecks {

  private TextChecks() {}

  static void register() {
    all("isspace", Chars::isSpace);
    all("isdigit", Chars::isDigit);
    all("isdecimal", Character::isDigit);
    all("isnumeric", Chars::isNumeric);
    all("isalpha", Character::isLetter);
    all("isalnum", Chars::isAlnum);
    TextMethods.put(
        "isascii", 0, 0, (s, self, a) -> Types.text(self).chars().allMatch(c -> c < 128));
    TextMethods.put(
        "isprintable",
        0,
        0,
        (s, self, a) -> Types.text(self).codePoints().allMatch(Chars::isPrintable));
    TextMethods.put("isupper", 0, 0, (s, self, a) -> isUpper(Types.text(self)));
    TextMethods.put("islower", 0, 0, (s, self, a) -> isLower(Types.text(self)));
    TextMethods.put("istitle", 0, 0, (s, self, a) -> isTitle(Types.text(self)));
    TextMethods.put("isidentifier", 0, 0, (s, self, a) -> isIdentifier(Types.text(self)));
  }

  private static void all(String name, IntPredicate test) {
    TextMethods.put(
        name,
        0,
        0,
        (state, self, args) -> {
          String text = Types.text(self);
          state.look(text.length());
          return !text.isEmpty() && text.codePoints().allMatch(test);
        });
  }

  static boolean isUpper(String text) {
    return text.codePoints().anyMatch(Character::isUpperCase)
        && text.codePoints().noneMatch(p -> Character.isLowerCase(p) || Character.isTitleCase(p));
  }

  static boolean isLower(String text) {
    return text.codePoints().anyMatch(Character::isLowerCase)
        && text.codePoints().noneMatch(p -> Character.isUpperCase(p) || Character.isTitleCase(p));
  }

  private static boolean isTitle(String text) {
    boolean any = false;
    boolean within = false;
    for (int point : text.codePoints().toArray()) {
      boolean upper = Character.isUpperCase(point) || Character.isTitleCase(point);
      if (upper ? within : Character.isLowerCase(point) && !within) {
        return false;
      }
      within = Strings.isCased(point);
      any |= within;
    }
    return any;
  }

  static boolean isIdentifier(String text) {
    return !text.isEmpty()
        && Chars.beginsName(text.codePointAt(0))
        && text.codePoints().allMatch(Chars::continuesName);
  }
}
