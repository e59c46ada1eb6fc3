// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** How far a number goes in a template. */
final class NumberScanner {

  private NumberScanner() {}

  /** Returns the end of digits with single underscores between them; the begin if there are none. */
  private static int digits(String text, int begin, int base, boolean underscoreFirst) {
    int end = begin;
    while (end < text.length()) {
      int next = end;
      if (text.charAt(next) == '_' && (end > begin || underscoreFirst)) {
        next++;
      }
      boolean digit = next < text.length() && text.charAt(next) < 128;
      if (!digit || Character.digit(text.charAt(next), base) < 0) {
        break;
      }
      end = next + 1;
    }
    return end;
  }

  /** Returns the end of a float; the begin if it is none. */
  static int floatEnd(String text, int begin) {
    int whole = digits(text, begin, 10, false);
    int end = whole;
    if (end < text.length() && text.charAt(end) == '.') {
      int fraction = digits(text, end + 1, 10, false);
      end = fraction > end + 1 ? fraction : end;
    }
    int exponent = end;
    if (exponent < text.length() && (text.charAt(exponent) | 32) == 'e') {
      exponent++;
      if (exponent < text.length()
          && (text.charAt(exponent) == '+' || text.charAt(exponent) == '-')) {
        exponent++;
      }
      int power = digits(text, exponent, 10, false);
      end = power > exponent ? power : end;
    }
    return end > whole ? end : begin;
  }

  /** Returns the end of an integer, of which at least one digit is there. */
  static int integerEnd(String text, int begin) {
    if (text.charAt(begin) != '0') {
      return digits(text, begin, 10, false);
    }
    int letter = begin + 1 < text.length() ? text.charAt(begin + 1) | 32 : 0;
    int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (base > 0) {
      int end = digits(text, begin + 2, base, true);
      if (end > begin + 2) {
        return end;
      }
    }
    int end = begin + 1;
    while (end < text.length()) { // zeros only
      int next = text.charAt(end) == '_' ? end + 1 : end;
      if (next >= text.length() || text.charAt(next) != '0') {
        break;
      }
      end = next + 1;
    }
    return end;
  }
}
