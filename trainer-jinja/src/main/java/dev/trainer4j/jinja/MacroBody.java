// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Parameters and statements of a macro, a call block or a generation block: what has a frame of its own. */
final class MacroBody extends Node {

  final @Nullable String name;

  /** Set when the body speaks of these names. */
  @Nullable Variable caller;

  @Nullable Variable kwargs;
  @Nullable Variable varargs;

  private final List<String> parameters;
  private final List<Expr> defaults;
  private final List<Stmt> body;
  private final Stmt[] run;
  private final List<Variable> variables = new ArrayList<>();
  private Scope.@Nullable Layout layout;
  private Scope.Entry[] entries = {};

  /** Takes defaults for the last of the parameters. */
  MacroBody(
      int line,
      @Nullable String name,
      List<String> parameters,
      List<Expr> defaults,
      List<Stmt> body) {
    super(line, all(defaults, body));
    this.name = name;
    this.parameters = parameters;
    this.defaults = defaults;
    this.body = body;
    run = body.toArray(Stmt[]::new);
  }

  private static List<Node> all(List<Expr> defaults, List<Stmt> body) {
    List<Node> all = new ArrayList<>(defaults);
    all.addAll(body);
    return all;
  }

  List<String> parameters() {
    return parameters;
  }

  @Override
  List<Node> children() {
    return all(defaults, body);
  }

  @Override
  void declare(Scope scope) {}

  @Override
  void resolve(Scope outer) {
    Scope scope = outer.call(false);
    parameters.forEach(scope::parameter);
    Stmt.declare(scope, defaults);
    Stmt.declare(scope, body);
    caller = special(scope, "caller");
    kwargs = special(scope, "kwargs");
    varargs = special(scope, "varargs");
    parameters.forEach(parameter -> variables.add(scope.variable(parameter)));
    int caller = parameters.indexOf("caller");
    if (caller >= 0 && caller < parameters.size() - defaults.size() && Stmt.reads(body, "caller")) {
      throw new CompileError(
          line,
          new PyError(
              "TemplateAssertionError",
              "When defining macros or call blocks the special \"caller\" argument must be omitted"
                  + " or be given a default."));
    }
    Stmt.resolve(scope, defaults);
    Stmt.resolve(scope, body);
    layout = scope.layout;
    entries = scope.entries();
  }

  private @Nullable Variable special(Scope scope, String special) {
    return !parameters.contains(special) && Stmt.reads(body, special)
        ? scope.parameter(special)
        : null;
  }

  Frame frame(State state, Frame outer) {
    return new Frame(state, Objects.requireNonNull(layout).size(), outer);
  }

  /** Sets a parameter; null where its default holds. */
  void set(Frame frame, int parameter, @Nullable Object value) {
    if (value != null) {
      variables.get(parameter).set(frame, value);
    }
  }

  String render(Frame frame) {
    State state = frame.state;
    StringBuilder out = state.out;
    int before = state.line;
    StringBuilder buffer = new StringBuilder();
    state.enter(depth);
    state.out = buffer;
    Scope.enter(frame, entries);
    int firstDefault = parameters.size() - defaults.size();
    for (int i = 0; i < parameters.size(); i++) {
      Variable parameter = variables.get(i);
      if (parameter.valueIn(frame) == null) {
        parameter.set(
            frame,
            i >= firstDefault
                ? defaults.get(i - firstDefault).eval(frame)
                : Undefined.because(
                    "parameter " + Text.quote(parameters.get(i)) + " was not provided"));
      }
    }
    Stmt.run(frame, run);
    state.out = out;
    state.line = before;
    state.leave(depth);
    return buffer.toString();
  }
}
