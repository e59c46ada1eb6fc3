// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.time.Clock;
import java.util.List;
import java.util.Map;

/** A value that is written in the template. */
final class Const extends Expr {

  private static final Limits FOLDING = new Limits(1000, 10, 1000, 10_000);

  final Object value;

  Const(int line, Object value) {
    super(line, List.of());
    this.value = value;
  }

  @Override
  List<Node> children() {
    return List.of();
  }

  @Override
  Object eval(Frame frame) {
    return value;
  }

  /** Returns an expression over constants as a constant, unless it fails: errors are of the rendering. */
  static Expr fold(Expr expression) {
    if (!expression.children().stream().allMatch(child -> child instanceof Const)) {
      return expression;
    }
    try {
      State state = new State(FOLDING, Clock.systemUTC(), Map.of());
      Object value = expression.eval(new Frame(state, 0, null));
      boolean plain = value instanceof String || Types.isNumber(value);
      return plain ? new Const(expression.line, value) : expression;
    } catch (PyError failed) {
      return expression;
    }
  }
}
