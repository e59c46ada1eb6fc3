// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static java.util.stream.Collectors.joining;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What an argument takes: how to read it from a plain value (a string, number, boolean, list or map, as JSON, YAML and the command
 * line give them), which values are in range, and how to write it back. Whether an argument may be unset is no matter of its type,
 * but of its accessor.
 *
 * @param <T> the type of a value
 * @param javaType the class of a value
 * @param expected the sentence part of an error message: "a number of at least 0"
 * @param arity how many words of a command line it takes
 * @param nullMeansDefault whether null in a file stands for the default
 * @param parse empty for a value that does not read as this type; may throw an {@link IllegalArgumentException} that says more
 * @param accepts whether a value is in range
 * @param write gives the plain value
 */
public record ValueType<T>(
    Class<? super T> javaType,
    String expected,
    Arity arity,
    boolean nullMeansDefault,
    Function<Object, Optional<T>> parse,
    Predicate<T> accepts,
    Function<T, Object> write) {

  /** How many words of a command line a value takes. */
  public enum Arity {
    /** One. */
    ONE,
    /** None for true, or one. */
    AT_MOST_ONE,
    /** One or more. */
    AT_LEAST_ONE
  }

  /** True or false, also as Python and YAML spell it. */
  public static final ValueType<Boolean> FLAG =
      of(Boolean.class, "true or false", ValueType::parseFlag).taking(Arity.AT_MOST_ONE);

  /** A whole number of 32 bits. */
  public static final ValueType<Integer> INT =
      of(Integer.class, "a whole number", ValueType::parseInt);

  /** A whole number of 64 bits. */
  public static final ValueType<Long> LONG = of(Long.class, "a whole number", ValueType::parseLong);

  /** A text that is not blank. */
  public static final ValueType<String> TEXT =
      of(String.class, "a text", ValueType::parseText).where(text -> !text.isBlank());

  /** A path of this computer. */
  public static final ValueType<Path> PATH =
      of(Path.class, "a path", raw -> parseText(raw).flatMap(ValueType::parsePath))
          .writing(Path::toString);

  /** A time such as {@code 1h30min}; above 0, in whole milliseconds. */
  public static final ValueType<Duration> DURATION = Durations.type();

  /** A size such as {@code 5GB}, kept as it was written; at least 1 byte. */
  public static final ValueType<String> BYTE_SIZE = ByteSizes.type();

  /**
   * Returns the bytes of a size that {@link #BYTE_SIZE} takes.
   *
   * @param size such as {@code 5GB}
   * @throws IllegalArgumentException if it is no size
   */
  public static long bytes(String size) {
    return ByteSizes.parse(size)
        .orElseThrow(
            () -> new IllegalArgumentException("'" + size + "' is not " + BYTE_SIZE.expected()));
  }

  /** A list of names, of which none is blank. */
  public static final ValueType<List<String>> TEXTS = listOf(TEXT, "a list of names");

  /** A map of options: JSON and YAML have it as it is, a command line as JSON. */
  public static final ValueType<Map<String, Object>> OPTIONS = CompoundTypes.options();

  /** A map of texts: {@code "k=v,k2=v2"}, or a map. */
  public static final ValueType<Map<String, String>> KEYS_AND_VALUES =
      CompoundTypes.keysAndValues();

  /**
   * A type of which every value that reads is in range, and which is written as it is.
   *
   * @param <T> the type of a value
   * @param javaType the class of a value
   * @param expected the sentence part of an error message
   * @param parse as {@link #parse()}
   * @return the type
   */
  public static <T> ValueType<T> of(
      Class<? super T> javaType, String expected, Function<Object, Optional<T>> parse) {
    return new ValueType<>(
        javaType, expected, Arity.ONE, false, parse, value -> true, value -> value);
  }

  /**
   * A whole number from a bound on.
   *
   * @param least the least it may be
   * @return the type
   */
  public static ValueType<Integer> wholeFrom(int least) {
    return of(Integer.class, "a whole number of at least " + least, ValueType::parseInt)
        .where(value -> value >= least);
  }

  /**
   * A number from a bound on.
   *
   * @param least the least it may be
   * @return the type
   */
  public static ValueType<Double> numberFrom(double least) {
    return number("a number of at least " + plain(least), value -> value >= least);
  }

  /**
   * A number above a bound.
   *
   * @param bound what it must exceed
   * @return the type
   */
  public static ValueType<Double> numberAbove(double bound) {
    return number("a number above " + plain(bound), value -> value > bound);
  }

  /**
   * A number from one bound to another.
   *
   * @param least the least it may be
   * @param most the most it may be
   * @return the type
   */
  public static ValueType<Double> numberFromTo(double least, double most) {
    return number(
        "a number from " + plain(least) + " to " + plain(most),
        value -> value >= least && value <= most);
  }

  /**
   * A number from one bound up to, but without, another.
   *
   * @param least the least it may be
   * @param bound what it must stay below
   * @return the type
   */
  public static ValueType<Double> numberFromToBelow(double least, double bound) {
    return number(
        "a number of at least " + plain(least) + " and below " + plain(bound),
        value -> value >= least && value < bound);
  }

  /**
   * A number in a range of its own. NaN and the infinities are numbers to a computer only, and never in range.
   *
   * @param expected the sentence part of an error message
   * @param accepts whether a finite number is in range
   * @return the type
   */
  public static ValueType<Double> number(String expected, Predicate<Double> accepts) {
    return of(Double.class, expected, ValueType::parseDouble)
        .where(value -> Double.isFinite(value) && accepts.test(value));
  }

  /**
   * A step count, or a share of all steps: 2.5 steps mean nothing.
   *
   * @return the type
   */
  public static ValueType<Double> steps() {
    return number(
            "a whole number of steps, or a share of all steps below 1",
            value -> value >= 0 && (value < 1 || isWhole(value)))
        // Written as people write it: 500, not 500.0.
        .writing(value -> isWhole(value) ? (Object) value.intValue() : value);
  }

  /**
   * One of a few texts.
   *
   * @param choices the texts
   * @return the type
   */
  public static ValueType<String> choice(String... choices) {
    List<String> known = List.of(choices);
    return of(String.class, "one of " + known, ValueType::parseText).where(known::contains);
  }

  /**
   * A constant of an enum by Hugging Face's name for it, which is the Java name in lower case.
   *
   * @param <E> the enum
   * @param type the enum
   * @return the type
   */
  public static <E extends Enum<E>> ValueType<E> oneOf(Class<E> type) {
    E[] constants = type.getEnumConstants();
    String names = Arrays.stream(constants).map(ValueType::hfName).collect(joining(", "));
    return of(type, "one of " + names, raw -> constant(constants, raw)).writing(ValueType::hfName);
  }

  /**
   * A list; one element alone reads as a list of one.
   *
   * @param <E> the type of an element
   * @param element what each element is
   * @param expected the sentence part of an error message
   * @return the type
   */
  public static <E> ValueType<List<E>> listOf(ValueType<E> element, String expected) {
    return CompoundTypes.listOf(element, expected);
  }

  /**
   * A set out of a few texts.
   *
   * @param texts the texts
   * @return the type
   */
  public static ValueType<Set<String>> setOf(String... texts) {
    return CompoundTypes.setOf(texts);
  }

  /**
   * The same type in a narrower range.
   *
   * @param inRange what must hold besides
   * @return the type
   */
  public ValueType<T> where(Predicate<T> inRange) {
    return where(expected, inRange);
  }

  /**
   * The same type in a narrower range, described anew.
   *
   * @param description the sentence part of an error message
   * @param inRange what must hold besides
   * @return the type
   */
  public ValueType<T> where(String description, Predicate<T> inRange) {
    return new ValueType<>(
        javaType, description, arity, nullMeansDefault, parse, accepts.and(inRange), write);
  }

  /**
   * The same type, written in another way.
   *
   * @param writer gives the plain value, which {@link #parse()} must read
   * @return the type
   */
  public ValueType<T> writing(Function<T, Object> writer) {
    return new ValueType<>(javaType, expected, arity, nullMeansDefault, parse, accepts, writer);
  }

  /**
   * The same type, read from more than it was: what does not read so far is asked of another function.
   *
   * @param other as {@link #parse()}
   * @return the type
   */
  public ValueType<T> or(Function<Object, Optional<T>> other) {
    return new ValueType<>(
        javaType,
        expected,
        arity,
        nullMeansDefault,
        raw -> parse.apply(raw).or(() -> other.apply(raw)),
        accepts,
        write);
  }

  /**
   * The same type, where null in a file stands for the default.
   *
   * @return the type
   */
  public ValueType<T> orNull() {
    return new ValueType<>(javaType, expected, arity, true, parse, accepts, write);
  }

  ValueType<T> taking(Arity words) {
    return new ValueType<>(javaType, expected, words, nullMeansDefault, parse, accepts, write);
  }

  /** Reads a value without asking whether it is in range. */
  Optional<T> read(Object raw) {
    return parse.apply(raw);
  }

  /** Reads a value that is in range. */
  Optional<T> readInRange(Object raw) {
    return parse.apply(raw).filter(accepts);
  }

  static String hfName(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static <E extends Enum<E>> Optional<E> constant(E[] constants, Object raw) {
    // YAML reads a bare no as false.
    Object name = raw.equals(false) ? "no" : raw;
    return Arrays.stream(constants).filter(constant -> hfName(constant).equals(name)).findFirst();
  }

  private static Optional<String> parseText(Object raw) {
    return raw instanceof String text ? Optional.of(text) : Optional.empty();
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

  /**
   * A plain value as messages and help show it.
   *
   * @param value as {@link #write()} gives it; null for what is unset
   */
  public static String show(@Nullable Object value) {
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
