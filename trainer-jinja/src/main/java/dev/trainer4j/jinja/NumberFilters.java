// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Filters that make numbers. */
final class NumberFilters {

  private NumberFilters() {}

  static Object toInt(State state, Object value, @Nullable Object[] args) {
    Object missing = Filters.or(args, 1, 0L);
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (Types.isText(value)) {
      Object base = Filters.or(args, 2, 10L);
      Object number =
          Numbers.parse(Types.text(value), (int) Math.max(0, Math.min(36, Types.index(base))));
      if (number != null) {
        return number;
      }
      Double fraction = Floats.parse(Types.text(value));
      boolean finite = fraction != null && Double.isFinite(fraction);
      return finite ? Floats.toInteger(Objects.requireNonNull(fraction)) : missing;
    }
    if (value instanceof Double number) {
      return Double.isNaN(number) ? missing : Floats.toInteger(number);
    }
    return Types.isInteger(value) ? Numbers.add(value, 0L) : missing;
  }

  static Object toFloat(Object value, Object missing) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (Types.isText(value)) {
      Double number = Floats.parse(Types.text(value));
      return number == null ? missing : number;
    }
    return Types.isNumber(value) ? Numbers.toDouble(value) : missing;
  }

  static Object round(State state, Object value, @Nullable Object[] args) {
    Object method = Filters.or(args, 2, "common");
    Object precision = Filters.or(args, 1, 0L);
    if (!List.of("common", "ceil", "floor").contains(method)) {
      throw PyError.argument("method must be common, ceil or floor");
    }
    if (!method.equals("common")) {
      Object scale = Operators.power(10L, precision);
      Object product = Operators.multiply(state, value, scale);
      if (!Types.isNumber(product)) {
        throw PyError.type("must be real number, not " + Types.name(product));
      }
      double scaled = Numbers.toDouble(product);
      Object whole =
          Floats.toInteger(method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled));
      return Numbers.divide(whole, scale);
    }
    if (!Types.isNumber(value)) {
      throw PyError.type("type " + Types.name(value) + " doesn't define __round__ method");
    }
    int digits = (int) Math.max(-400, Math.min(400, Types.index(precision)));
    if (value instanceof Double number) {
      if (!Double.isFinite(number)) {
        return number;
      }
      double rounded =
          new BigDecimal(number).setScale(digits, RoundingMode.HALF_EVEN).doubleValue();
      return rounded == 0 ? Math.copySign(0, number) : rounded;
    }
    if (digits >= 0) {
      return Numbers.add(value, 0L);
    }
    BigInteger whole =
        new BigDecimal(Numbers.big(value)).setScale(digits, RoundingMode.HALF_EVEN).toBigInteger();
    return Numbers.small(whole);
  }

  static Object fileSize(State state, Object value, @Nullable Object[] args) {
    boolean binary = Filters.isSet(args, 1);
    Object number = toFloat(value, None.NONE);
    if (!(number instanceof Double bytes)) {
      throw Types.isText(value)
          ? PyError.value("could not convert string to float: " + Text.shortRepr(value))
          : PyError.type(
              "float() argument must be a string or a real number, not '"
                  + Types.name(value)
                  + "'");
    }
    int base = binary ? 1024 : 1000;
    if (bytes == 1) {
      return "1 Byte";
    }
    if (bytes < base) {
      return Text.str(state, Floats.toInteger(bytes)) + " Bytes";
    }
    String[] prefixes = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
    double unit = (double) base * base;
    int index = 0;
    while (bytes >= unit && index < prefixes.length - 1) {
      unit *= base;
      index++;
    }
    String prefix =
        binary ? prefixes[index].toUpperCase(Locale.ROOT) + "iB" : prefixes[index] + "B";
    return FormatSpec.parse(".1f", 0.0).format(state, base * bytes / unit) + " " + prefix;
  }
}
