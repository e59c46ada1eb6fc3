// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/** {@code strftime_now}: the moment of rendering in C's notation, with English names. */
final class Strftime {

  private Strftime() {}

  static String format(State state, String format) {
    LocalDateTime now = LocalDateTime.now(state.clock);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      char flag = format.charAt(++i);
      boolean flagged = "-_0^#".indexOf(flag) >= 0 && i + 1 < format.length();
      char letter = flagged ? format.charAt(++i) : flag;
      String field = field(now, letter);
      out.append(flagged ? flagged(field, flag) : field);
      if (out.length() > state.limits.valueSize()) {
        break;
      }
    }
    state.grow(out.length());
    return out.toString();
  }

  private static String flagged(String field, char flag) {
    int zeros = 0;
    while (zeros < field.length() - 1
        && (field.charAt(zeros) == '0' || field.charAt(zeros) == ' ')) {
      zeros++;
    }
    return switch (flag) {
      case '-' -> field.substring(zeros);
      case '_' -> " ".repeat(zeros) + field.substring(zeros);
      case '0' -> "0".repeat(zeros) + field.substring(zeros);
      default -> field.toUpperCase(Locale.ROOT);
    };
  }

  private static String field(LocalDateTime now, char letter) {
    int weekday = now.getDayOfWeek().getValue() % 7;
    int yearday = now.getDayOfYear() - 1;
    int hour = now.getHour() % 12 == 0 ? 12 : now.getHour() % 12;
    return switch (letter) {
      case 'Y' -> Integer.toString(now.getYear());
      case 'm' -> two(now.getMonthValue());
      case 'd' -> two(now.getDayOfMonth());
      case 'e' -> "%2d".formatted(now.getDayOfMonth());
      case 'H' -> two(now.getHour());
      case 'I' -> two(hour);
      case 'k' -> "%2d".formatted(now.getHour());
      case 'l' -> "%2d".formatted(hour);
      case 'M' -> two(now.getMinute());
      case 'S' -> two(now.getSecond());
      case 'f' -> "%06d".formatted(now.getNano() / 1000);
      case 'y' -> two(now.getYear() % 100);
      case 'C' -> two(now.getYear() / 100);
      case 'j' -> "%03d".formatted(yearday + 1);
      case 'B' -> now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'b', 'h' ->
          now.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH).substring(0, 3);
      case 'A' -> now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'a' ->
          now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH).substring(0, 3);
      case 'p' -> now.getHour() < 12 ? "AM" : "PM";
      case 'P' -> now.getHour() < 12 ? "am" : "pm";
      case 'w' -> Integer.toString(weekday);
      case 'u' -> Integer.toString(now.getDayOfWeek().getValue());
      case 'U' -> two((yearday + 7 - weekday) / 7);
      case 'W' -> two((yearday + 7 - (weekday + 6) % 7) / 7);
      case 'V' -> two(now.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
      case 'G' -> Integer.toString(now.get(IsoFields.WEEK_BASED_YEAR));
      case 'g' -> two(now.get(IsoFields.WEEK_BASED_YEAR) % 100);
      case 'z', 'Z' -> ""; // the reference's moment has no zone
      case 'D', 'x' -> several(now, "m/d/y");
      case 'F' -> several(now, "Y-m-d");
      case 'T', 'X' -> several(now, "H:M:S");
      case 'R' -> several(now, "H:M");
      case 'r' -> several(now, "I:M:S p");
      case 'c' -> several(now, "a b e H:M:S Y");
      case 's' ->
          Long.toString(now.atZone(ZoneId.systemDefault()).getLong(ChronoField.INSTANT_SECONDS));
      case 'n' -> "\n";
      case 't' -> "\t";
      case '%' -> "%";
      default -> "%" + letter;
    };
  }

  private static String several(LocalDateTime now, String letters) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < letters.length(); i++) {
      char c = letters.charAt(i);
      out.append(Character.isLetter(c) ? field(now, c) : String.valueOf(c));
    }
    return out.toString();
  }

  private static String two(int number) {
    return number < 10 ? "0" + number : Integer.toString(number);
  }
}
