// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code and}, {@code or}, {@code not}, {@code if} within an expression, and comparisons. */
final class Logic {

  private Logic() {}

  static final class Or extends Expr {
    private final Expr left;
    private final Expr right;

    Or(Expr left, Expr right) {
      super(left.line, List.of(left, right));
      this.left = left;
      this.right = right;
    }

    @Override
    List<Expr> children() {
      return List.of(left, right);
    }

    @Override
    Object eval(Frame frame) {
      Object value = left.eval(frame);
      return Types.truth(value) ? value : right.eval(frame);
    }
  }

  static final class And extends Expr {
    private final Expr left;
    private final Expr right;

    And(Expr left, Expr right) {
      super(left.line, List.of(left, right));
      this.left = left;
      this.right = right;
    }

    @Override
    List<Expr> children() {
      return List.of(left, right);
    }

    @Override
    Object eval(Frame frame) {
      Object value = left.eval(frame);
      return Types.truth(value) ? right.eval(frame) : value;
    }
  }

  static final class Not extends Expr {
    private final Expr value;

    Not(int line, Expr value) {
      super(line, List.of(value));
      this.value = value;
    }

    @Override
    List<Expr> children() {
      return List.of(value);
    }

    @Override
    Object eval(Frame frame) {
      return !Types.truth(value.eval(frame));
    }
  }

  static final class Condition extends Expr {
    private final Expr test;
    private final Expr value;
    private final @Nullable Expr otherwise;

    Condition(int line, Expr test, Expr value, @Nullable Expr otherwise) {
      super(line, Arrays.asList(test, value, otherwise));
      this.test = test;
      this.value = value;
      this.otherwise = otherwise;
    }

    @Override
    List<Expr> children() {
      return otherwise == null ? List.of(test, value) : List.of(test, value, otherwise);
    }

    @Override
    void resolve(Scope scope) {
      super.resolve(scope.softened());
    }

    @Override
    Object eval(Frame frame) {
      if (Types.truth(test.eval(frame))) {
        return value.eval(frame);
      }
      return otherwise != null
          ? otherwise.eval(frame)
          : Undefined.because(
              "the inline if-expression on line "
                  + line
                  + " evaluated to false and no else section was defined.");
    }
  }

  /** {@code a < b <= c}: each operand is evaluated once, and no more than are needed. */
  static final class Comparison extends Expr {
    private final List<Expr> operands;
    private final List<String> operators;

    Comparison(int line, List<Expr> operands, List<String> operators) {
      super(line, operands);
      this.operands = operands;
      this.operators = operators;
    }

    @Override
    List<Expr> children() {
      return operands;
    }

    @Override
    Object eval(Frame frame) {
      Object left = operands.get(0).eval(frame);
      for (int i = 0; i < operators.size(); i++) {
        Object right = operands.get(i + 1).eval(frame);
        if (!holds(frame.state, operators.get(i), left, right)) {
          return false;
        }
        left = right;
      }
      return true;
    }

    private static boolean holds(State state, String operator, Object left, Object right) {
      state.step();
      return switch (operator) {
        case "==" -> Comparisons.equal(state, left, right);
        case "!=" -> !Comparisons.equal(state, left, right);
        case "in" -> Comparisons.contains(state, right, left);
        case "not in" -> !Comparisons.contains(state, right, left);
        default -> Comparisons.ordered(state, operator, left, right);
      };
    }
  }
}
