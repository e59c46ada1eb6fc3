// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Calls of functions, filters and tests. */
final class Calls {

  private Calls() {}

  /** What stands in the parentheses of a call. */
  static final class Arguments extends Expr {
    private final List<Expr> positional;
    private final List<String> names;
    private final List<Expr> named;
    private final @Nullable Expr more;
    private final @Nullable Expr moreNamed;
    private final List<Expr> all;

    Arguments(
        int line,
        List<Expr> positional,
        List<String> names,
        List<Expr> named,
        @Nullable Expr more,
        @Nullable Expr moreNamed) {
      super(line, children(positional, named, more, moreNamed));
      this.positional = positional;
      this.names = names;
      this.named = named;
      this.more = more;
      this.moreNamed = moreNamed;
      all = children(positional, named, more, moreNamed);
      for (String name : names) {
        if (names.indexOf(name) != names.lastIndexOf(name)) {
          throw new PyError("SyntaxError", "keyword argument repeated: " + name);
        }
      }
    }

    static Arguments none(int line) {
      return new Arguments(line, List.of(), List.of(), List.of(), null, null);
    }

    private static List<Expr> children(
        List<Expr> positional, List<Expr> named, @Nullable Expr more, @Nullable Expr moreNamed) {
      List<Expr> children = new ArrayList<>(positional);
      children.addAll(named);
      Arrays.asList(more, moreNamed).stream()
          .filter(Objects::nonNull)
          .map(Objects::requireNonNull)
          .forEach(children::add);
      return children;
    }

    @Override
    List<Expr> children() {
      return all;
    }

    @Override
    Object eval(Frame frame) {
      throw new IllegalStateException("part of a call");
    }

    Args args(Frame frame) {
      if (all.isEmpty()) {
        return Args.NONE;
      }
      Object[] values = new Object[positional.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = positional.get(i).eval(frame);
      }
      if (all.size() == values.length) {
        return new Args(values, Map.of());
      }
      Map<String, Object> byName = new LinkedHashMap<>();
      for (int i = 0; i < names.size(); i++) {
        byName.put(names.get(i), named.get(i).eval(frame));
      }
      if (more != null) {
        values = unpack(frame, values, more.eval(frame));
      }
      if (moreNamed != null) {
        unpack(byName, moreNamed.eval(frame));
      }
      return new Args(values, byName);
    }

    private static Object[] unpack(Frame frame, Object[] values, Object more) {
      if (!Iteration.isIterable(more)) {
        throw PyError.type("Value after * must be an iterable, not " + Types.name(more));
      }
      List<Object> all = new ArrayList<>(Arrays.asList(values));
      all.addAll(Iteration.list(frame.state, more));
      return all.toArray();
    }

    private static void unpack(Map<String, Object> byName, Object more) {
      if (!(more instanceof PyDict dict)) {
        throw PyError.type(
            "jinja2.sandbox.SandboxedEnvironment.call() argument after ** must be a mapping, not "
                + Types.name(more));
      }
      for (Map.Entry<Object, Object> entry : dict.entries()) {
        if (!(entry.getKey() instanceof String name)) {
          throw PyError.type("keywords must be strings");
        }
        if (byName.put(name, entry.getValue()) != null) {
          throw PyError.type(
              "jinja2.sandbox.SandboxedEnvironment.call() got multiple values for keyword argument "
                  + Text.quote(name));
        }
      }
    }
  }

  static final class Call extends Expr {
    private final Expr function;
    private final Arguments arguments;

    Call(int line, Expr function, Arguments arguments) {
      super(line, List.of(function, arguments));
      this.function = function;
      this.arguments = arguments;
    }

    @Override
    List<Expr> children() {
      return List.of(function, arguments);
    }

    @Override
    Object eval(Frame frame) {
      return call(frame, null);
    }

    /** Calls, with the body of a call block as the argument {@code caller} if there is one. */
    Object call(Frame frame, @Nullable Macro caller) {
      State state = frame.state;
      state.step();
      Object callee = function.eval(frame);
      Args args = arguments.args(frame);
      if (caller != null) {
        args = args.with("caller", caller);
      }
      int before = state.line;
      state.line = line;
      if (!(callee instanceof Fn called)) {
        Operators.requireDefined(callee, callee);
        throw PyError.type("'" + Types.name(callee) + "' object is not callable");
      }
      Object result = called.call(state, args);
      state.line = before;
      return result;
    }
  }

  /** A filter or a test with its value. */
  private abstract static class Applied extends Expr {
    final Expr value;
    final String name;
    private final Arguments arguments;
    private @Nullable Filter filter;

    Applied(int line, Expr value, String name, Arguments arguments) {
      super(line, List.of(value, arguments));
      this.value = value;
      this.name = name;
      this.arguments = arguments;
    }

    @Override
    List<Expr> children() {
      return List.of(value, arguments);
    }

    void find(Scope scope, @Nullable Filter found, String what) {
      super.resolve(scope);
      filter = found;
      if (found == null && !scope.soft) {
        throw new CompileError(
            line,
            new PyError(
                "TemplateAssertionError", "No " + what + " named " + Text.quote(name) + "."));
      }
    }

    Object apply(Frame frame, String what) {
      Object input = value.eval(frame);
      Args args = arguments.args(frame);
      frame.state.line = line;
      Filter found = filter;
      if (found == null) {
        throw new PyError(
            "TemplateRuntimeError", "No " + what + " named " + Text.quote(name) + " found.");
      }
      return found.apply(frame.state, input, args);
    }
  }

  static final class Filtered extends Applied {
    Filtered(int line, Expr value, String name, Arguments arguments) {
      super(line, value, name, arguments);
    }

    @Override
    void resolve(Scope scope) {
      find(scope, Filters.find(name), "filter");
    }

    @Override
    Object eval(Frame frame) {
      return apply(frame, "filter");
    }
  }

  static final class Tested extends Applied {
    Tested(int line, Expr value, String name, Arguments arguments) {
      super(line, value, name, arguments);
    }

    @Override
    void resolve(Scope scope) {
      find(scope, Tests.find(name), "test");
    }

    @Override
    Object eval(Frame frame) {
      return apply(frame, "test");
    }
  }
}
