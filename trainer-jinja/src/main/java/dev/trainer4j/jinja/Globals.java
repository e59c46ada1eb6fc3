// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The functions that every template can call. */
final class Globals {

  private static final Signature MESSAGE =
      Signature.of("_cached_compile_jinja_template.<locals>.raise_exception message");
  private static final Signature FORMAT =
      Signature.of("_cached_compile_jinja_template.<locals>.strftime_now format");
  private static final Signature SEPARATOR = Signature.of("__init__ + sep=");

  static final Map<String, Object> ALL =
      Map.of(
          "range", function("safe_range", Globals::range),
          "raise_exception",
              function("_cached_compile_jinja_template.<locals>.raise_exception", Globals::raise),
          "strftime_now",
              function(
                  "_cached_compile_jinja_template.<locals>.strftime_now",
                  (s, a) -> Strftime.format(s, text(s, FORMAT, a))),
          "lipsum", function("generate_lorem_ipsum", Lipsum::call),
          "dict", type("dict", Globals::dict),
          "namespace", type("jinja2.utils.Namespace", Globals::namespace),
          "cycler", type("jinja2.utils.Cycler", (s, a) -> new Cycler(a)),
          "joiner",
              type(
                  "jinja2.utils.Joiner",
                  (s, a) -> new Joiner(Filters.or(SEPARATOR.bind(a), 0, ", "))));

  private Globals() {}

  private static Fn function(String name, Fn.Body body) {
    return Fn.named("<function " + name + " at 0x7f0000000000>", "function", body);
  }

  private static Fn type(String name, Fn.Body body) {
    return Fn.named("<class '" + name + "'>", "type", body);
  }

  private static String text(State state, Signature signature, Args args) {
    return Text.str(state, Objects.requireNonNull(signature.bind(args)[0]));
  }

  private static Object raise(State state, Args args) {
    throw new PyError("TemplateError", text(state, MESSAGE, args));
  }

  private static Object range(State state, Args args) {
    if (!args.named.isEmpty()) {
      throw PyError.type(
          "safe_range() got an unexpected keyword argument "
              + Text.quote(args.named.keySet().iterator().next()));
    }
    if (args.count() < 1 || args.count() > 3) {
      throw PyError.type(
          "range expected at "
              + (args.count() < 1
                  ? "least 1 argument, got 0"
                  : "most 3 arguments, got " + args.count()));
    }
    long[] numbers = new long[args.count()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Types.index(args.positional[i]);
    }
    return numbers.length == 1
        ? new PyRange(0, numbers[0], 1)
        : new PyRange(numbers[0], numbers[1], numbers.length == 3 ? numbers[2] : 1);
  }

  private static PyDict dict(State state, Args args) {
    if (args.count() > 1) {
      throw PyError.type("dict expected at most 1 argument, got " + args.count());
    }
    PyDict dict = new PyDict();
    Object pairs = args.get(0);
    if (pairs instanceof PyDict other) {
      dict.putAll(other);
    } else if (pairs != null) {
      int number = 0;
      for (Object pair : Iteration.list(state, pairs)) {
        put(state, dict, pair, number++);
      }
    }
    args.named.forEach(dict::put);
    state.grow(dict.size());
    return dict;
  }

  private static void put(State state, PyDict dict, Object pair, int number) {
    if (!Iteration.isIterable(pair)) {
      throw PyError.type(
          "cannot convert dictionary update sequence element #" + number + " to a sequence");
    }
    List<Object> parts = Iteration.list(state, pair);
    if (parts.size() != 2) {
      throw PyError.value(
          "dictionary update sequence element #"
              + number
              + " has length "
              + parts.size()
              + "; 2 is required");
    }
    dict.put(parts.get(0), parts.get(1));
  }

  private static Object namespace(State state, Args args) {
    Namespace namespace = new Namespace();
    namespace.attributes.putAll(dict(state, args));
    return namespace;
  }
}
