// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** From tokens to expressions, one method for each precedence as in the reference. */
class ExpressionParser extends OperandParser {

  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  ExpressionParser(TokenStream stream) {
    super(stream);
  }

  @Override
  Expr expression() {
    return expression(true);
  }

  @Override
  Expr expression(boolean withCondition) {
    enter();
    Expr result = withCondition ? condition() : or();
    leave();
    return result;
  }

  private Expr condition() {
    int line = stream.current().line();
    Expr value = or();
    while (stream.skipName("if")) {
      Expr test = or();
      Expr otherwise = null;
      if (stream.skipName("else")) {
        enter();
        otherwise = condition();
        leave();
      }
      value = new Logic.Condition(line, test, value, otherwise);
      line = stream.current().line();
    }
    return value;
  }

  private Expr or() {
    Expr left = and();
    while (stream.skipName("or")) {
      left = new Logic.Or(left, and());
    }
    return left;
  }

  private Expr and() {
    Expr left = not();
    while (stream.skipName("and")) {
      left = new Logic.And(left, not());
    }
    return left;
  }

  private Expr not() {
    if (stream.isName("not")) {
      int line = stream.next().line();
      enter();
      Expr value = not();
      leave();
      return new Logic.Not(line, value);
    }
    return comparison();
  }

  private Expr comparison() {
    int line = stream.current().line();
    Expr first = sum();
    List<String> operators = new ArrayList<>();
    List<Expr> operands = new ArrayList<>(List.of(first));
    while (true) {
      if (COMPARISONS.contains(stream.current().type())) {
        operators.add(stream.next().type());
      } else if (stream.skipName("in")) {
        operators.add("in");
      } else if (stream.isName("not") && stream.look().isName("in")) {
        stream.next();
        stream.next();
        operators.add("not in");
      } else {
        return operators.isEmpty() ? first : new Logic.Comparison(line, operands, operators);
      }
      operands.add(sum());
    }
  }

  private Expr sum() {
    Expr left = concatenation();
    List<Expr> terms = new ArrayList<>();
    while (stream.is("+") || stream.is("-")) {
      Token operator = stream.next();
      Expr right = concatenation();
      if (operator.is("+")) {
        terms.add(right);
      } else {
        left = Arithmetic.Binary.of("-", operator.line(), Arithmetic.Add.of(left, terms), right);
        terms.clear();
      }
    }
    return Arithmetic.Add.of(left, terms);
  }

  private Expr concatenation() {
    int line = stream.current().line();
    List<Expr> parts = new ArrayList<>(List.of(product()));
    while (stream.skip("~")) {
      parts.add(product());
    }
    return parts.size() == 1 ? parts.get(0) : new Arithmetic.Concatenation(line, parts);
  }

  private Expr product() {
    Expr left = power();
    while (stream.is("*") || stream.is("/") || stream.is("//") || stream.is("%")) {
      Token operator = stream.next();
      left = Arithmetic.Binary.of(operator.type(), operator.line(), left, power());
    }
    return left;
  }

  private Expr power() {
    Expr left = unary(true);
    while (stream.is("**")) {
      Token operator = stream.next();
      left = Arithmetic.Binary.of("**", operator.line(), left, unary(true));
    }
    return left;
  }

  private Expr unary(boolean withFilter) {
    Expr value;
    if (stream.is("-") || stream.is("+")) {
      Token sign = stream.next();
      enter();
      value = Arithmetic.Sign.of(sign.line(), unary(false), sign.is("-"));
      leave();
    } else {
      value = primary(false);
    }
    value = postfix(value);
    return withFilter ? filtered(value) : value;
  }
}
