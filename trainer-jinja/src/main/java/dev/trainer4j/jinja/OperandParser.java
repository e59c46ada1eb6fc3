// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * From tokens to what operators stand between: names and literals, with the attributes, calls, filters and tests behind
 * them, in the order of the reference.
 */
abstract class OperandParser {

  /** Deeper parentheses and blocks would need more stack than a thread has by default. */
  private static final int DEEPEST = 100;

  private static final Map<String, Object> CONSTANTS =
      Map.of(
          "true", true, "True", true, "false", false, "False", false, "none", None.NONE, "None",
          None.NONE);

  private static final Set<String> TEST_ARGUMENTS =
      Set.of("name", "string", "integer", "float", "[", "{");

  final TokenStream stream;
  private int depth;

  OperandParser(TokenStream stream) {
    this.stream = stream;
  }

  void enter() {
    if (++depth > DEEPEST) {
      throw PyError.recursion("the template is nested more than " + DEEPEST + " deep");
    }
  }

  void leave() {
    depth--;
  }

  /** An expression within brackets, or an argument. */
  abstract Expr expression();

  abstract Expr expression(boolean withCondition);

  Expr primary(boolean withNamespace) {
    Token token = stream.current();
    return switch (token.type()) {
      case "name" -> name(withNamespace);
      case "string" -> string();
      case "integer", "float" -> new Const(stream.next().line(), token.value());
      case "(" -> parentheses();
      case "[" -> list();
      case "{" -> dict();
      default -> throw stream.fail("unexpected " + Text.quote(token.described()), token.line());
    };
  }

  private Expr name(boolean withNamespace) {
    Token token = stream.next();
    Object constant = CONSTANTS.get(token.value());
    if (constant != null) {
      return new Const(token.line(), constant);
    }
    if (withNamespace && stream.skip(".")) {
      String attribute = (String) stream.expect("name").value();
      return new NamespaceReference(token.line(), (String) token.value(), attribute);
    }
    return new Name(token.line(), (String) token.value());
  }

  private Expr string() {
    int line = stream.current().line();
    StringBuilder text = new StringBuilder();
    while (stream.is("string")) {
      text.append(stream.next().value());
    }
    return new Const(line, text.toString());
  }

  private Expr parentheses() {
    stream.next();
    Expr inside = tuple(false, true, true, false);
    stream.expect(")");
    return inside;
  }

  Expr tuple(boolean withCondition) {
    return tuple(false, withCondition, false, false);
  }

  Expr tuple(
      boolean simplified, boolean withCondition, boolean parentheses, boolean withNamespace) {
    int line = stream.current().line();
    List<Expr> items = new ArrayList<>();
    boolean tuple = false;
    while (true) {
      if (!items.isEmpty()) {
        stream.expect(",");
      }
      if (stream.is("variable_end") || stream.is("block_end") || stream.is(")")) {
        break;
      }
      items.add(simplified ? primaryIn(withNamespace) : expression(withCondition));
      if (!stream.is(",")) {
        break;
      }
      tuple = true;
      line = stream.current().line();
    }
    if (!tuple) {
      if (!items.isEmpty()) {
        return items.get(0);
      }
      if (!parentheses) {
        throw stream.fail(
            "Expected an expression, got " + Text.quote(stream.current().described()));
      }
    }
    return new Literals.Tuple(line, items);
  }

  private Expr primaryIn(boolean withNamespace) {
    enter();
    Expr result = primary(withNamespace);
    leave();
    return result;
  }

  private Expr list() {
    int line = stream.expect("[").line();
    List<Expr> items = new ArrayList<>();
    while (!stream.is("]")) {
      if (!items.isEmpty()) {
        stream.expect(",");
      }
      if (!stream.is("]")) {
        items.add(expression());
      }
    }
    stream.expect("]");
    return new Literals.ListOf(line, items);
  }

  private Expr dict() {
    int line = stream.expect("{").line();
    List<Expr> items = new ArrayList<>();
    while (!stream.is("}")) {
      if (!items.isEmpty()) {
        stream.expect(",");
      }
      if (!stream.is("}")) {
        items.add(expression());
        stream.expect(":");
        items.add(expression());
      }
    }
    stream.expect("}");
    return new Literals.Dict(line, items);
  }

  Expr postfix(Expr value) {
    while (true) {
      if (stream.is(".") || stream.is("[")) {
        value = subscript(value);
      } else if (stream.is("(")) {
        value = call(value);
      } else {
        return value;
      }
    }
  }

  Expr filtered(Expr value) {
    while (true) {
      if (stream.is("|")) {
        value = filter(value, false);
      } else if (stream.isName("is")) {
        value = test(value);
      } else if (stream.is("(")) {
        value = call(value);
      } else {
        return value;
      }
    }
  }

  private Expr subscript(Expr value) {
    Token token = stream.next();
    if (token.is(".")) {
      Token attribute = stream.next();
      if (attribute.is("name")) {
        return new Access.Attribute(token.line(), value, (String) attribute.value());
      }
      if (!attribute.is("integer")) {
        throw stream.fail("expected name or number", attribute.line());
      }
      return new Access.Item(token.line(), value, new Const(attribute.line(), attribute.value()));
    }
    List<Expr> keys = new ArrayList<>();
    while (!stream.is("]")) {
      if (!keys.isEmpty()) {
        stream.expect(",");
      }
      keys.add(subscribed());
    }
    stream.expect("]");
    if (keys.size() != 1) {
      if (keys.stream().anyMatch(key -> key instanceof Access.Bounds)) {
        throw new PyError("SyntaxError", "invalid syntax");
      }
      return new Access.Item(token.line(), value, new Literals.Tuple(token.line(), keys));
    }
    return keys.get(0) instanceof Access.Bounds bounds
        ? new Access.Slice(token.line(), value, bounds)
        : new Access.Item(token.line(), value, keys.get(0));
  }

  private Expr subscribed() {
    int line = stream.current().line();
    Expr start = null;
    if (!stream.is(":")) {
      start = expression();
      if (!stream.is(":")) {
        return start;
      }
    }
    stream.next();
    Expr stop = stream.is(":") || isSubscriptEnd() ? null : expression();
    Expr step = null;
    if (stream.skip(":") && !isSubscriptEnd()) {
      step = expression();
    }
    return new Access.Bounds(line, start, stop, step);
  }

  private boolean isSubscriptEnd() {
    return stream.is("]") || stream.is(",");
  }

  Calls.Arguments arguments() {
    Token open = stream.expect("(");
    List<Expr> positional = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<Expr> named = new ArrayList<>();
    Expr more = null;
    Expr moreNamed = null;
    boolean comma = false;
    while (!stream.is(")")) {
      if (comma) {
        stream.expect(",");
        if (stream.is(")")) {
          break;
        }
      }
      if (stream.is("*")) {
        require(more == null && moreNamed == null, open);
        stream.next();
        more = expression();
      } else if (stream.is("**")) {
        require(moreNamed == null, open);
        stream.next();
        moreNamed = expression();
      } else if (stream.is("name") && stream.look().is("=")) {
        require(moreNamed == null, open);
        names.add((String) stream.next().value());
        stream.next();
        named.add(expression());
      } else {
        require(more == null && moreNamed == null && named.isEmpty(), open);
        positional.add(expression());
      }
      comma = true;
    }
    stream.expect(")");
    return new Calls.Arguments(open.line(), positional, names, named, more, moreNamed);
  }

  private void require(boolean holds, Token open) {
    if (!holds) {
      throw stream.fail("invalid syntax for function call expression", open.line());
    }
  }

  private Expr call(Expr function) {
    int line = stream.current().line();
    return new Calls.Call(line, function, arguments());
  }

  private String dotted() {
    StringBuilder name = new StringBuilder((String) stream.expect("name").value());
    while (stream.skip(".")) {
      name.append('.').append(stream.expect("name").value());
    }
    return name.toString();
  }

  /** Parses filters; without a value, the text of a block stands for it. */
  Expr filter(Expr value, boolean inline) {
    while (stream.is("|") || inline) {
      if (!inline) {
        stream.next();
      }
      int line = stream.current().line();
      String name = dotted();
      Calls.Arguments arguments = stream.is("(") ? arguments() : Calls.Arguments.none(line);
      value = new Calls.Filtered(line, value, name, arguments);
      inline = false;
    }
    return value;
  }

  private Expr test(Expr value) {
    int line = stream.next().line();
    boolean negated = stream.skipName("not");
    String name = dotted();
    Calls.Arguments arguments = Calls.Arguments.none(line);
    if (stream.is("(")) {
      arguments = arguments();
    } else if (TEST_ARGUMENTS.contains(stream.current().type())
        && !stream.isName("else")
        && !stream.isName("or")
        && !stream.isName("and")) {
      if (stream.isName("is")) {
        throw stream.fail("You cannot chain multiple tests with is");
      }
      enter();
      Expr argument = postfix(primary(false));
      leave();
      arguments = new Calls.Arguments(line, List.of(argument), List.of(), List.of(), null, null);
    }
    Expr test = new Calls.Tested(line, value, name, arguments);
    return negated ? new Logic.Not(line, test) : test;
  }
}
