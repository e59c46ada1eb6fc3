// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All filters by name. */
final class Filters {

  /** Filters of the reference that no chat template has a use for. */
  static final Set<String> NOT_OFFERED = Set.of("pprint", "striptags", "urlize", "wordwrap");

  private static final Map<String, Filter> ALL = new HashMap<>();

  static {
    put("abs", "abs x", (s, v, a) -> absolute(v));
    put("attr", "do_attr + obj name", (s, v, a) -> attribute(v, arg(a, 1)));
    put("default", "do_default value default_value= boolean=", (s, v, a) -> orDefault(v, a));
    put("d", "do_default value default_value= boolean=", (s, v, a) -> orDefault(v, a));
    put("float", "do_float value default=", (s, v, a) -> NumberFilters.toFloat(v, or(a, 1, 0.0)));
    put("int", "do_int value default= base=", NumberFilters::toInt);
    put("round", "do_round value precision= method=", NumberFilters::round);
    put("filesizeformat", "do_filesizeformat value binary=", NumberFilters::fileSize);
    put("items", "do_items value", (s, v, a) -> ListFilters.items(v));
    put("length", "len obj", (s, v, a) -> Iteration.length(v));
    put("count", "len obj", (s, v, a) -> Iteration.length(v));
    put("list", "do_list value", (s, v, a) -> PyList.list(Iteration.list(s, v)));
    put("first", "do_first + seq", (s, v, a) -> ListFilters.first(v));
    put("last", "do_last + seq", (s, v, a) -> ListFilters.last(s, v));
    put("random", "do_random + seq", (s, v, a) -> ListFilters.random(v));
    put("join", "do_join + value d= attribute=", ListFilters::join);
    put("reverse", "do_reverse value", (s, v, a) -> ListFilters.reverse(s, v));
    put("batch", "do_batch value linecount fill_with=", ListFilters::batch);
    put("slice", "do_slice value slices fill_with=", ListFilters::slice);
    put("sum", "do_sum + iterable attribute= start=", ListFilters::sum);
    put("sort", "do_sort + value reverse= case_sensitive= attribute=", Ordering::sort);
    put("dictsort", "do_dictsort value case_sensitive= by= reverse=", Ordering::dictSort);
    put("unique", "do_unique + value case_sensitive= attribute=", Ordering::unique);
    put(
        "min",
        "do_min + value case_sensitive= attribute=",
        (s, v, a) -> Ordering.extreme(s, v, a, "<"));
    put(
        "max",
        "do_max + value case_sensitive= attribute=",
        (s, v, a) -> Ordering.extreme(s, v, a, ">"));
    put("groupby", "do_groupby + value attribute default= case_sensitive=", Ordering::groupBy);
    ALL.put("map", Selection::map);
    ALL.put("select", (s, v, a) -> Selection.select(s, v, a, "sync_do_select", false, true));
    ALL.put("reject", (s, v, a) -> Selection.select(s, v, a, "sync_do_reject", false, false));
    ALL.put("selectattr", (s, v, a) -> Selection.select(s, v, a, "sync_do_selectattr", true, true));
    ALL.put(
        "rejectattr", (s, v, a) -> Selection.select(s, v, a, "sync_do_rejectattr", true, false));
    put(
        "tojson",
        "_cached_compile_jinja_template.<locals>.tojson x ensure_ascii= indent= separators= sort_keys=",
        (s, v, a) -> Json.filter(s, a));
    ALL.put("format", TextFilters::format);
    TextFilters.register();
    for (String name : NOT_OFFERED) {
      ALL.put(
          name,
          (s, v, a) -> {
            throw PyError.notOffered("the filter '" + name + "'");
          });
    }
  }

  private Filters() {}

  static void put(String name, String signature, Filter.Body body) {
    ALL.put(name, Filter.of(signature, body));
  }

  static @Nullable Filter find(String name) {
    return ALL.get(name);
  }

  /** Returns a filter that a template names while it is rendered. */
  static Filter named(Object name) {
    Filter filter = Types.isText(name) ? ALL.get(Types.text(name)) : null;
    if (filter == null) {
      throw new PyError("TemplateRuntimeError", "No filter named " + Text.shortRepr(name) + ".");
    }
    return filter;
  }

  static Object arg(@Nullable Object[] args, int index) {
    return or(args, index, None.NONE);
  }

  static Object or(@Nullable Object[] args, int index, Object missing) {
    Object given = args[index];
    return given == null ? missing : given;
  }

  static boolean isSet(@Nullable Object[] args, int index) {
    return Types.truth(or(args, index, false));
  }

  private static Object absolute(Object value) {
    if (!Types.isNumber(value)) {
      throw PyError.type("bad operand type for abs(): '" + Types.name(value) + "'");
    }
    return Numbers.absolute(value);
  }

  private static Object attribute(Object value, Object name) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    Object found = Types.isText(name) ? Attributes.own(value, Types.text(name)) : null;
    return found == null ? Undefined.of(value, name) : found;
  }

  private static Object orDefault(Object value, @Nullable Object[] args) {
    boolean missing = value instanceof Undefined || (isSet(args, 2) && !Types.truth(value));
    return missing ? or(args, 1, "") : value;
  }

  /** All names, for tests and documents. */
  static List<String> names() {
    return ALL.keySet().stream().sorted().toList();
  }
}
