// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

import dev.trainer4j.args.ValueType;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Which modules of a model are meant, as PEFT has it: by a list of names, each of which means the modules that
 * are called so or end in a dot and it; or by one regular expression for whole names.
 *
 * @param names the names; empty if there is an expression
 * @param expression matches the whole of a module's name; null if there are names
 */
public record ModuleNames(List<String> names, @Nullable String expression) {

  /** PEFT's word for all linear layers but the output head. */
  private static final String ALL_LINEAR = "all-linear";

  /** As an argument: a text is an expression, or {@code all-linear}; a list is one of names. */
  static final ValueType<ModuleNames> TYPE =
      ValueType.<ModuleNames>of(
              ModuleNames.class,
              "a list of module names, or a regular expression, or all-linear",
              ModuleNames::parse)
          .writing(value -> value.expression == null ? value.names : value.expression);

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if there is neither or both, or the expression is none
   */
  public ModuleNames {
    names = List.copyOf(names);
    if (names.isEmpty() == (expression == null)) {
      throw new IllegalArgumentException("give names of modules, or one expression");
    }
    if (expression != null && !expression.equals(ALL_LINEAR)) {
      try {
        Pattern.compile(expression);
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(
            "'" + expression + "' is no regular expression: " + e.getDescription(), e);
      }
    }
  }

  /** Names modules; the one name {@code all-linear} means what {@link #allLinear} does. */
  public static ModuleNames of(String... names) {
    return names.length == 1 && names[0].equals(ALL_LINEAR)
        ? allLinear()
        : new ModuleNames(List.of(names), null);
  }

  /** Means the modules whose whole name matches a regular expression. */
  public static ModuleNames matching(String expression) {
    return new ModuleNames(List.of(), expression);
  }

  /** Means all linear layers but the output head. */
  public static ModuleNames allLinear() {
    return new ModuleNames(List.of(), ALL_LINEAR);
  }

  boolean isAllLinear() {
    return ALL_LINEAR.equals(expression);
  }

  /** Returns whether a module is meant; of {@code all-linear} nothing is known here. */
  boolean matches(String module) {
    return expression == null
        ? names.stream().anyMatch(name -> module.equals(name) || module.endsWith("." + name))
        : Pattern.matches(expression, module);
  }

  private static Optional<ModuleNames> parse(Object raw) {
    if (raw instanceof String text) {
      return text.isEmpty() ? Optional.empty() : Optional.of(matching(text));
    }
    if (raw instanceof List<?> list
        && !list.isEmpty()
        && list.stream().allMatch(String.class::isInstance)) {
      return Optional.of(
          new ModuleNames(list.stream().map(String.class::cast).sorted().toList(), null));
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return expression == null ? names.toString() : "'" + expression + "'";
  }
}
