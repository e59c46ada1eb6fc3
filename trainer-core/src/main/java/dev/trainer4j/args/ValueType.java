// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static java.util.stream.Collectors.joining;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What an argument takes: how to read it from a plain value (a string, number, boolean, list or map, as JSON, YAML and the command
 * line give them), which values are in range, and how to write it back.
 *
 * @param expected the sentence part of an error message: "a number of at least 0"
 * @param arity how many words of a command line it takes
 * @param nullable whether null is a way to say "the default"
 * @param parse empty for a value that does not read as this type
 */
record ValueType<T>(
    String expected,
    Arity arity,
    boolean nullable,
    Function<Object, Optional<T>> parse,
    Predicate<T> accepts,
    Function<T, @Nullable Object> write) {

  enum Arity {
    ONE,
    AT_MOST_ONE,
    AT_LEAST_ONE
  }

  static final ValueType<Boolean> FLAG =
      new ValueType<>(
          "true or false", Arity.AT_MOST_ONE, false, ValueType::parseFlag, any -> true, x -> x);
  static final ValueType<Long> LONG = scalar("a whole number", ValueType::parseLong, any -> true);
  static final ValueType<String> TEXT =
      scalar(
          "a text",
          raw -> raw instanceof String text ? Optional.of(text) : Optional.empty(),
          text -> !text.isBlank());
  static final ValueType<Path> PATH =
      new ValueType<>(
          "a path",
          Arity.ONE,
          false,
          raw -> TEXT.read(raw).flatMap(ValueType::parsePath),
          any -> true,
          Path::toString);

  static ValueType<Integer> wholeFrom(int least) {
    return scalar(
        "a whole number of at least " + least, ValueType::parseInt, value -> value >= least);
  }

  static ValueType<Double> numberFrom(double least) {
    return number("a number of at least " + plain(least), value -> value >= least);
  }

  static ValueType<Double> numberAbove(double bound) {
    return number("a number above " + plain(bound), value -> value > bound);
  }

  static ValueType<Double> numberBelow(double bound) {
    return number("a number below " + plain(bound), value -> value < bound);
  }

  /** From {@code least} up to, but without, {@code bound}. */
  static ValueType<Double> numberFromToBelow(double least, double bound) {
    return number(
        "a number of at least " + plain(least) + " and below " + plain(bound),
        value -> value >= least && value < bound);
  }

  static ValueType<Double> numberFromTo(double least, double most) {
    return number(
        "a number from " + plain(least) + " to " + plain(most),
        value -> value >= least && value <= most);
  }

  /** A step count, or a share of all steps: 2.5 steps mean nothing. */
  static ValueType<Double> steps() {
    ValueType<Double> type =
        number(
            "a whole number of steps, or a share of all steps below 1",
            value -> value >= 0 && (value < 1 || isWhole(value)));
    // Written as people write it: 500, not 500.0.
    return type.as(
        x -> x, value -> isWhole(value) ? (Object) value.intValue() : value, type.accepts, false);
  }

  /** NaN and the infinities are numbers to a computer only. */
  private static ValueType<Double> number(String expected, Predicate<Double> accepts) {
    return scalar(
        expected, ValueType::parseDouble, value -> Double.isFinite(value) && accepts.test(value));
  }

  static ValueType<String> choice(String... choices) {
    return scalar(
        "one of " + String.join(", ", choices),
        raw -> raw instanceof String text ? Optional.of(text) : Optional.empty(),
        Arrays.asList(choices)::contains);
  }

  /** A constant of an enum by Hugging Face's name for it, which is the Java name in lower case. */
  static <E extends Enum<E>> ValueType<E> oneOf(Class<E> type) {
    E[] constants = type.getEnumConstants();
    return new ValueType<>(
        "one of " + Arrays.stream(constants).map(ValueType::hfName).collect(joining(", ")),
        Arity.ONE,
        false,
        raw -> {
          // YAML reads a bare no as false.
          Object name = raw.equals(false) ? "no" : raw;
          return Arrays.stream(constants)
              .filter(constant -> hfName(constant).equals(name))
              .findFirst();
        },
        any -> true,
        ValueType::hfName);
  }

  static <T> ValueType<Optional<T>> optional(ValueType<T> type) {
    return type.as(
        Optional::of,
        value -> value.map(type.write).orElse(null),
        value -> value.isEmpty() || type.accepts(value.get()),
        true);
  }

  static ValueType<OptionalDouble> optionalDouble(ValueType<Double> type) {
    return type.as(
        OptionalDouble::of,
        value -> value.isPresent() ? type.write.apply(value.getAsDouble()) : null,
        value -> value.isEmpty() || type.accepts(value.getAsDouble()),
        true);
  }

  static ValueType<OptionalInt> optionalInt(ValueType<Integer> type) {
    return type.as(
        OptionalInt::of,
        value -> value.isPresent() ? type.write.apply(value.getAsInt()) : null,
        value -> value.isEmpty() || type.accepts(value.getAsInt()),
        true);
  }

  static ValueType<OptionalLong> optionalLong(ValueType<Long> type) {
    return type.as(
        OptionalLong::of,
        value -> value.isPresent() ? type.write.apply(value.getAsLong()) : null,
        value -> value.isEmpty() || type.accepts(value.getAsLong()),
        true);
  }

  /** The same type, where null says "the default". */
  ValueType<T> orNull() {
    return new ValueType<>(expected, arity, true, parse, accepts, write);
  }

  /** Reads a value without asking whether it is in range. */
  Optional<T> read(Object raw) {
    return parse.apply(raw);
  }

  boolean accepts(T value) {
    return accepts.test(value);
  }

  private <U> ValueType<U> as(
      Function<T, U> wrap,
      Function<U, @Nullable Object> writeWrapped,
      Predicate<U> acceptsWrapped,
      boolean nullableWrapped) {
    return new ValueType<>(
        expected,
        arity,
        nullableWrapped,
        raw -> parse.apply(raw).map(wrap),
        acceptsWrapped,
        writeWrapped);
  }

  private static <T> ValueType<T> scalar(
      String expected, Function<Object, Optional<T>> parse, Predicate<T> accepts) {
    return new ValueType<>(expected, Arity.ONE, false, parse, accepts, x -> x);
  }

  static String hfName(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** Python's and YAML's spellings too: a command line gives strings. */
  private static Optional<Boolean> parseFlag(Object raw) {
    return switch (String.valueOf(raw).toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on", "1" -> Optional.of(true);
      case "false", "no", "off", "0" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  private static Optional<Integer> parseInt(Object raw) {
    return parseLong(raw).filter(value -> value == value.intValue()).map(Long::intValue);
  }

  private static Optional<Long> parseLong(Object raw) {
    if (raw instanceof Long || raw instanceof Integer) {
      return Optional.of(((Number) raw).longValue());
    }
    if (raw instanceof String text && text.strip().matches("[-+]?[0-9]{1,19}")) {
      try {
        return Optional.of(Long.parseLong(text.strip()));
      } catch (NumberFormatException tooLong) {
        return Optional.empty();
      }
    }
    // Python writes 500.0 where a share was possible; beyond 2^53 a double no longer names one
    // whole number.
    return parseDouble(raw)
        .filter(value -> value == Math.rint(value) && Math.abs(value) < 1L << 53)
        .map(Double::longValue);
  }

  /** Strings too: YAML reads {@code 3e-5} as one. Java's own extras ({@code 1f}, {@code 0x1p3}) stay out. */
  private static Optional<Double> parseDouble(Object raw) {
    if (raw instanceof Number number) {
      return Optional.of(number.doubleValue());
    }
    if (raw instanceof String text
        && text.strip().matches("[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?")) {
      return Optional.of(Double.parseDouble(text.strip()));
    }
    return Optional.empty();
  }

  private static Optional<Path> parsePath(String text) {
    try {
      return Optional.of(Path.of(text));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static boolean isWhole(double value) {
    return value == Math.rint(value) && value <= Integer.MAX_VALUE && value >= Integer.MIN_VALUE;
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }

  /** A plain value as an error message shows it. */
  static String show(@Nullable Object value) {
    if (value instanceof Enum<?> constant) {
      return hfName(constant);
    }
    if (value instanceof Double number) {
      return isWhole(number)
          ? plain(number)
          : number.toString().replace(".0E", "e").replace('E', 'e');
    }
    return value instanceof Map<?, ?> map && map.isEmpty() ? "{}" : String.valueOf(value);
  }
}
