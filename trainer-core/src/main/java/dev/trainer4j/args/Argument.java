// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One row of an {@link ArgumentTable}: an argument that can be set.
 *
 * @param <T> the type of its value
 */
public final class Argument<T> implements ArgumentRow {
  private final String group;
  private final String name;
  private final boolean ours;
  private final ValueType<T> type;
  private final String help;
  private final Accessor accessor;

  Argument(
      String group, String name, boolean ours, ValueType<T> type, String help, Accessor accessor) {
    this.group = group;
    this.name = name;
    this.ours = ours;
    this.type = type;
    this.help = help;
    this.accessor = accessor;
  }

  @Override
  public String group() {
    return group;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String decision() {
    return ours ? "our own" : "supported";
  }

  /**
   * The name of its accessor and of its builder method.
   *
   * @return in camelCase
   */
  public String javaName() {
    return Names.camelCase(name);
  }

  /**
   * What it takes.
   *
   * @return the type of its value
   */
  public ValueType<T> type() {
    return type;
  }

  /**
   * Its line of {@code --help}.
   *
   * @return what it means, without its default
   */
  public String help() {
    return help;
  }

  /**
   * Its value.
   *
   * @param arguments what has it
   * @return null if it is unset
   */
  @SuppressWarnings("unchecked") // The accessor was found by this type.
  public @Nullable T get(Object arguments) {
    return (T) accessor.get(arguments);
  }

  /**
   * Its value as files have it.
   *
   * @param arguments what has it
   * @return a string, number, boolean, list or map; null if it is unset
   */
  public @Nullable Object plain(Object arguments) {
    T value = get(arguments);
    return value == null ? null : type.write().apply(value);
  }

  /**
   * Whether its value is in range, or unset.
   *
   * @param arguments what has it
   * @return false for a mistake
   */
  public boolean isInRange(Object arguments) {
    T value = get(arguments);
    return value == null || type.accepts().test(value);
  }

  /** Sets it from a plain value, or returns why that cannot be. */
  List<ArgumentProblem> set(Object builder, @Nullable Object raw) {
    if (raw == null && (accessor.canBeUnset() || type.nullMeansDefault())) {
      if (!type.nullMeansDefault()) {
        accessor.clear(builder);
      }
      return List.of();
    }
    if (accessor.canBeUnset() && Secrets.isMask(name, raw)) {
      return List.of();
    }
    try {
      Optional<T> value = raw == null ? Optional.empty() : type.read(raw);
      value.ifPresent(read -> accessor.set(builder, read));
      return value.isPresent() ? List.of() : List.of(problem(raw, type.expected()));
    } catch (InvalidArgumentsException inside) {
      return inside.details().stream().map(problem -> problem.inside(name)).toList();
    } catch (IllegalArgumentException e) {
      return List.of(problem(raw, type.expected() + "; " + e.getMessage()));
    }
  }

  private ArgumentProblem problem(@Nullable Object raw, String expected) {
    // A text that should be a map, and does not read as one, holds keys and values all the same.
    boolean holdsKeys = type.javaType() == Map.class && raw instanceof String;
    String shown = holdsKeys ? "" : Secrets.show(name, raw);
    return new ArgumentProblem(name, shown, expected, "");
  }
}
