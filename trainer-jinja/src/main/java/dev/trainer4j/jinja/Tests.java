// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** All tests by name: what stands behind {@code is}. */
final class Tests {

  private static final Map<String, Filter> ALL = new HashMap<>();

  static {
    is("defined", v -> !(v instanceof Undefined));
    is("undefined", v -> v instanceof Undefined);
    is("none", v -> v == None.NONE);
    is("boolean", v -> v instanceof Boolean);
    is("true", v -> Boolean.TRUE.equals(v));
    is("false", v -> Boolean.FALSE.equals(v));
    is("integer", v -> Types.isInteger(v) && !(v instanceof Boolean));
    is("float", v -> v instanceof Double);
    is("number", Types::isNumber);
    is("string", Types::isText);
    is("mapping", v -> v instanceof PyDict);
    is("sequence", Tests::isSequence);
    is("iterable", Iteration::isIterable);
    is("callable", v -> v instanceof Fn || v instanceof Undefined);
    is("escaped", v -> v instanceof Markup);
    is("filter", v -> PyDict.hashed(v) instanceof String name && Filters.find(name) != null);
    is("test", v -> PyDict.hashed(v) instanceof String name && ALL.containsKey(name));
    put("odd", "test_odd value", (s, v, a) -> isRest(s, v, 2L, 1L));
    put("even", "test_even value", (s, v, a) -> isRest(s, v, 2L, 0L));
    put(
        "divisibleby",
        "test_divisibleby value num",
        (s, v, a) -> isRest(s, v, Filters.arg(a, 1), 0L));
    put("lower", "test_lower value", (s, v, a) -> TextChecks.isLower(Text.str(s, v)));
    put("upper", "test_upper value", (s, v, a) -> TextChecks.isUpper(Text.str(s, v)));
    put("sameas", "test_sameas value other", (s, v, a) -> isSame(v, Filters.arg(a, 1)));
    put("in", "test_in value seq", (s, v, a) -> Comparisons.contains(s, Filters.arg(a, 1), v));
    for (String name : new String[] {"==", "eq", "equalto"}) {
      put(name, "eq a b", (s, v, a) -> Comparisons.equal(s, v, Filters.arg(a, 1)));
    }
    for (String name : new String[] {"!=", "ne"}) {
      put(name, "ne a b", (s, v, a) -> !Comparisons.equal(s, v, Filters.arg(a, 1)));
    }
    ordered("<", "<", "lt", "lessthan");
    ordered("<=", "<=", "le");
    ordered(">", ">", "gt", "greaterthan");
    ordered(">=", ">=", "ge");
  }

  private Tests() {}

  private static void is(String name, Predicate<Object> test) {
    put(name, "test_" + name + " value", (state, value, args) -> test.test(value));
  }

  private static void put(String name, String signature, Filter.Body body) {
    ALL.put(name, Filter.of(signature, body));
  }

  private static void ordered(String operator, String... names) {
    for (String name : names) {
      put(name, "compare a b", (s, v, a) -> Comparisons.ordered(s, operator, v, Filters.arg(a, 1)));
    }
  }

  static @Nullable Filter find(String name) {
    return ALL.get(name);
  }

  /** Returns a test that a template names while it is rendered. */
  static Filter named(Object name) {
    Filter test = Types.isText(name) ? ALL.get(Types.text(name)) : null;
    if (test == null) {
      throw new PyError("TemplateRuntimeError", "No test named " + Text.shortRepr(name) + ".");
    }
    return test;
  }

  private static boolean isSequence(Object value) {
    return Types.isText(value)
        || value instanceof PyList
        || value instanceof PyDict
        || value instanceof PyRange
        || value instanceof Undefined;
  }

  private static boolean isRest(State state, Object value, Object divisor, Object rest) {
    return Comparisons.equal(state, Operators.modulo(state, value, divisor), rest);
  }

  /** Python keeps one object of each small number and of most short texts. */
  private static boolean isSame(Object left, Object right) {
    if (left == right) {
      return true;
    }
    boolean values = left instanceof Boolean || left instanceof Long || left instanceof String;
    return values && left.equals(right);
  }
}
