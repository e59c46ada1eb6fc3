// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a value is written: Python's format specification, which {@code %} comes down to, too.
 *
 * @param fill what fills up to the width
 * @param align {@code <}, {@code >}, {@code ^} or {@code =}; 0 for the type's own
 * @param sign {@code +}, a space, or {@code -}
 * @param alternate whether the prefix of the base, or the point, is written always
 * @param width the least number of characters
 * @param grouping {@code ,} or {@code _}; 0 for none
 * @param precision digits behind the point, or characters of a text; -1 if not given
 * @param type the letter; 0 if not given
 */
record FormatSpec(
    String fill,
    char align,
    char sign,
    boolean alternate,
    int width,
    char grouping,
    int precision,
    char type) {

  private static final Pattern FORM =
      Pattern.compile(
          "(?s)(?:(.)?([<>=^]))?([+\\- ])?z?(#)?(0)?(\\d+)?([,_])?(?:\\.(\\d+))?([a-zA-Z%])?");

  static FormatSpec parse(String text, Object value) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw PyError.value("Invalid format specifier");
    }
    boolean zero = form.group(5) != null;
    String align = form.group(2);
    return new FormatSpec(
        form.group(1) != null ? form.group(1) : zero ? "0" : " ",
        align != null ? align.charAt(0) : zero && Types.isNumber(value) ? '=' : 0,
        form.group(3) == null ? '-' : form.group(3).charAt(0),
        form.group(4) != null,
        number(form.group(6), 0),
        form.group(7) == null ? 0 : form.group(7).charAt(0),
        number(form.group(8), -1),
        form.group(9) == null ? 0 : form.group(9).charAt(0));
  }

  private static int number(@Nullable String digits, int missing) {
    if (digits == null) {
      return missing;
    }
    if (digits.length() > 9) {
      throw PyError.value("Too many decimal digits in format string");
    }
    return Integer.parseInt(digits);
  }

  String format(State state, Object value) {
    if (Types.isText(value)) {
      return text(state, Types.text(value));
    }
    if (value instanceof Double number) {
      return number(state, number);
    }
    if (Types.isInteger(value)) {
      if (value instanceof Boolean && type == 0) {
        return width == 0 ? Text.str(state, value) : integer(state, Numbers.big(value));
      }
      return "eEfFgG%".indexOf(type) >= 0 && type != 0
          ? number(state, Numbers.toDouble(value))
          : integer(state, Numbers.big(value));
    }
    if (equals(parse("", value))) {
      return Text.str(state, value);
    }
    throw PyError.type("unsupported format string passed to " + Types.name(value) + ".__format__");
  }

  private String text(State state, String text) {
    if (type != 0 && type != 's') {
      throw unknown("str");
    }
    String cut =
        precision < 0 || precision >= Strings.length(text)
            ? text
            : text.substring(0, text.offsetByCodePoints(0, precision));
    return pad(state, "", cut, '<');
  }

  private PyError unknown(String name) {
    return PyError.value("Unknown format code '" + type + "' for object of type '" + name + "'");
  }

  private String integer(State state, BigInteger value) {
    String digits =
        switch (type) {
          case 0, 'd', 'n' -> value.abs().toString();
          case 'x' -> value.abs().toString(16);
          case 'X' -> value.abs().toString(16).toUpperCase(Locale.ROOT);
          case 'o' -> value.abs().toString(8);
          case 'b' -> value.abs().toString(2);
          case 'c' -> character(value);
          default -> throw unknown("int");
        };
    if (type == 'c') {
      return pad(state, "", digits, '<');
    }
    if (precision >= 0) {
      throw PyError.value("Precision not allowed in integer format specifier");
    }
    String prefix = alternate && "xXob".indexOf(type) >= 0 && type != 0 ? "0" + type : "";
    int group = type == 0 || type == 'd' || type == 'n' ? 3 : 4;
    return pad(state, sign(value.signum() < 0) + prefix, grouped(digits, group), '>');
  }

  private static String character(BigInteger value) {
    if (value.signum() < 0
        || value.bitLength() > 21
        || value.intValue() > Character.MAX_CODE_POINT) {
      throw PyError.overflow("%c arg not in range(0x110000)");
    }
    return Character.toString(value.intValue());
  }

  private String number(State state, double value) {
    state.grow(Math.max(0, precision) + 400L);
    boolean negative = value < 0 || (value == 0 && 1 / value < 0);
    double size = Math.abs(value);
    String digits;
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      digits = Floats.repr(size);
      digits = Character.isUpperCase(type) ? digits.toUpperCase(Locale.ROOT) : digits;
    } else {
      digits = digits(size);
    }
    return pad(state, sign(negative), grouped(digits, 3), '>');
  }

  private String digits(double size) {
    int places = precision < 0 ? 6 : precision;
    return switch (type) {
      case 'f', 'F' -> fixed(size, places);
      case 'e', 'E' -> cased(scientific(size, places));
      case 'g', 'G', 'n' -> cased(general(size, Math.max(1, places), 1));
      case '%' -> fixed(size * 100, places) + "%";
      case 0 -> precision < 0 ? Floats.repr(size) : general(size, Math.max(1, precision), 0);
      default -> throw unknown("float");
    };
  }

  private String cased(String digits) {
    return Character.isUpperCase(type) ? digits.toUpperCase(Locale.ROOT) : digits;
  }

  private String fixed(double size, int places) {
    String digits = new BigDecimal(size).setScale(places, RoundingMode.HALF_EVEN).toPlainString();
    return alternate && places == 0 ? digits + "." : digits;
  }

  private static String scientific(double size, int places) {
    BigDecimal rounded =
        size == 0
            ? BigDecimal.ZERO
            : new BigDecimal(size).round(new MathContext(places + 1, RoundingMode.HALF_EVEN));
    int exponent = size == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
    return rounded.movePointLeft(exponent).setScale(places, RoundingMode.HALF_EVEN).toPlainString()
        + Floats.power(exponent);
  }

  /** Digits that matter only; with a point at least if {@code extra} is 0, as {@code repr} has it. */
  private String general(double size, int digits, int extra) {
    BigDecimal rounded =
        new BigDecimal(size).round(new MathContext(digits, RoundingMode.HALF_EVEN));
    int exponent = size == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
    boolean plain = exponent >= -4 && exponent < digits - 1 + extra;
    if (!plain) {
      BigDecimal mantissa = rounded.movePointLeft(exponent);
      String text = alternate ? mantissa.setScale(digits - 1).toPlainString() : bare(mantissa);
      return text + Floats.power(exponent);
    }
    if (alternate) {
      return rounded
          .setScale(Math.max(0, digits - 1 - exponent), RoundingMode.HALF_EVEN)
          .toPlainString();
    }
    String text = bare(rounded);
    return extra == 0 && text.indexOf('.') < 0 ? text + ".0" : text;
  }

  private static String bare(BigDecimal number) {
    return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
  }

  private String sign(boolean negative) {
    return negative ? "-" : sign == '-' ? "" : String.valueOf(sign);
  }

  private String grouped(String digits, int size) {
    if (grouping == 0) {
      return digits;
    }
    int whole = 0;
    while (whole < digits.length() && Character.digit(digits.charAt(whole), 16) >= 0) {
      whole++;
    }
    StringBuilder out = new StringBuilder(digits);
    for (int place = whole - size; place > 0; place -= size) {
      out.insert(place, grouping);
    }
    return out.toString();
  }

  private String pad(State state, String prefix, String body, char own) {
    long missing = (long) width - Strings.length(body) - prefix.length();
    if (missing <= 0) {
      return prefix + body;
    }
    state.grow(missing * 2);
    char side = align == 0 ? own : align;
    if (side == '=' && own == '<') {
      throw PyError.value("'=' alignment not allowed in string format specifier");
    }
    int left = side == '>' ? (int) missing : side == '^' ? (int) missing / 2 : 0;
    if (side == '=') {
      return prefix + fill.repeat((int) missing) + body;
    }
    return fill.repeat(left) + prefix + body + fill.repeat((int) missing - left);
  }
}
