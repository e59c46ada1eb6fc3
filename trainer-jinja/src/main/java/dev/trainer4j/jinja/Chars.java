// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** What kinds of characters Python knows. */
final class Chars {

  private static final String SUPERSCRIPTS = "²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉";

  private Chars() {}

  /** Whether {@code str.isspace} is true, which is what {@code strip} and {@code split} take for space. */
  static boolean isSpace(int point) {
    if (point < 0x80) {
      return point == ' ' || (point >= 9 && point <= 13) || (point >= 0x1c && point <= 0x1f);
    }
    return point == 0x85 || Character.isSpaceChar(point);
  }

  static boolean isLineBreak(int point) {
    return (point >= 10 && point <= 13)
        || (point >= 0x1c && point <= 0x1e)
        || point == 0x85
        || point == 0x2028
        || point == 0x2029;
  }

  static boolean isPrintable(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> point == ' ';
      default -> true;
    };
  }

  /** Whether a regular expression's {@code \w} takes it. */
  static boolean isWord(int point) {
    return point == '_' || isAlnum(point);
  }

  static boolean isAlnum(int point) {
    return Character.isLetter(point) || isNumeric(point);
  }

  static boolean isDigit(int point) {
    return Character.isDigit(point) || SUPERSCRIPTS.indexOf(point) >= 0 || isCircledDigit(point);
  }

  private static boolean isCircledDigit(int point) {
    return (point >= 0x2460 && point <= 0x2468)
        || (point >= 0x2474 && point <= 0x247c)
        || (point >= 0x2488 && point <= 0x2490)
        || point == 0x24ea;
  }

  static boolean isNumeric(int point) {
    int type = Character.getType(point);
    return type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  /** Whether a name may begin with it. */
  static boolean beginsName(int point) {
    return point == '_'
        || Character.isLetter(point)
        || Character.getType(point) == Character.LETTER_NUMBER;
  }

  /** Whether a name may go on with it. */
  static boolean continuesName(int point) {
    int type = Character.getType(point);
    return beginsName(point)
        || type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK
        || type == Character.CONNECTOR_PUNCTUATION
        || point == 0xb7
        || point == 0x387;
  }
}
