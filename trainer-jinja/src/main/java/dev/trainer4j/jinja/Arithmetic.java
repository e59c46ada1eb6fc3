// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;

/** Operators that make a value of one or two. */
final class Arithmetic {

  private Arithmetic() {}

  /** A sum of any number of terms: most are texts, which are put together at once. */
  static final class Add extends Expr {
    private final List<Expr> terms;

    private Add(int line, List<Expr> terms) {
      super(line, terms);
      this.terms = terms;
    }

    /** Adds terms to a first one, if there are any. */
    static Expr of(Expr first, List<Expr> others) {
      if (others.isEmpty()) {
        return first;
      }
      List<Expr> terms = new ArrayList<>(others.size() + 1);
      terms.add(first);
      terms.addAll(others);
      return Const.fold(new Add(first.line, terms));
    }

    @Override
    List<Expr> children() {
      return terms;
    }

    @Override
    Object eval(Frame frame) {
      State state = frame.state;
      state.step();
      Object sum = terms.get(0).eval(frame);
      int size = terms.size();
      if (size == 2) {
        return Operators.add(state, sum, terms.get(1).eval(frame));
      }
      StringBuilder text = null;
      for (int i = 1; i < size; i++) {
        Object term = terms.get(i).eval(frame);
        if (term instanceof String right && (text != null || sum instanceof String)) {
          if (text == null) {
            text = new StringBuilder((String) sum);
          }
          state.grow(right.length());
          text.append(right);
          if (text.length() > state.limits.valueSize()) {
            state.grow(text.length());
          }
          continue;
        }
        if (text != null) {
          sum = text.toString();
          text = null;
        }
        sum = Operators.add(state, sum, term);
      }
      return text == null ? sum : text.toString();
    }
  }

  static final class Concatenation extends Expr {
    private final List<Expr> parts;

    Concatenation(int line, List<Expr> parts) {
      super(line, parts);
      this.parts = parts;
    }

    @Override
    List<Expr> children() {
      return parts;
    }

    @Override
    Object eval(Frame frame) {
      State state = frame.state;
      state.step();
      List<Object> values = new ArrayList<>(parts.size());
      for (Expr part : parts) {
        values.add(part.eval(frame));
      }
      StringBuilder out = new StringBuilder();
      for (Object value : values) {
        String text = Text.str(state, value);
        state.grow(
            (long) out.length() + text.length() > state.limits.valueSize()
                ? Long.MAX_VALUE
                : text.length());
        out.append(text);
      }
      return out.toString();
    }
  }

  static final class Binary extends Expr {
    private final String operator;
    private final Expr left;
    private final Expr right;

    private Binary(String operator, int line, Expr left, Expr right) {
      super(line, List.of(left, right));
      this.operator = operator;
      this.left = left;
      this.right = right;
    }

    static Expr of(String operator, int line, Expr left, Expr right) {
      return Const.fold(new Binary(operator, line, left, right));
    }

    @Override
    List<Expr> children() {
      return List.of(left, right);
    }

    @Override
    Object eval(Frame frame) {
      State state = frame.state;
      state.step();
      Object a = left.eval(frame);
      Object b = right.eval(frame);
      return switch (operator) {
        case "-" -> Operators.subtract(a, b);
        case "*" -> Operators.multiply(state, a, b);
        case "/" -> Operators.divide(a, b);
        case "//" -> Operators.floorDivide(a, b);
        case "%" -> Operators.modulo(state, a, b);
        default -> Operators.power(a, b);
      };
    }
  }

  static final class Sign extends Expr {
    private final Expr value;
    private final boolean negative;

    private Sign(int line, Expr value, boolean negative) {
      super(line, List.of(value));
      this.value = value;
      this.negative = negative;
    }

    static Expr of(int line, Expr value, boolean negative) {
      return Const.fold(new Sign(line, value, negative));
    }

    @Override
    List<Expr> children() {
      return List.of(value);
    }

    @Override
    Object eval(Frame frame) {
      return Operators.sign(value.eval(frame), negative);
    }
  }
}
