// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.List;

/** The tokens as a parser goes through them. */
final class TokenStream {

  private final List<Token> tokens;
  private int index;

  /** The line of the last token that was looked at, for errors. */
  int line = 1;

  private TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  static TokenStream over(List<Token> tokens) {
    return new TokenStream(tokens);
  }

  /** Looks at the first token, which may be an error already. */
  void begin() {
    at(0);
  }

  private Token at(int place) {
    Token token = tokens.get(Math.min(place, tokens.size() - 1));
    if (token.is("error")) {
      line = token.line();
      throw (PyError) token.value();
    }
    return token;
  }

  Token current() {
    return tokens.get(index);
  }

  /** Goes one on and returns the token that was current. */
  Token next() {
    Token token = current();
    if (!token.is("eof")) {
      at(index + 1);
      index++;
    }
    line = current().line();
    return token;
  }

  Token look() {
    return at(index + 1);
  }

  boolean is(String type) {
    return current().is(type);
  }

  boolean isName(String name) {
    return current().isName(name);
  }

  boolean skip(String type) {
    boolean there = is(type);
    if (there) {
      next();
    }
    return there;
  }

  boolean skipName(String name) {
    boolean there = isName(name);
    if (there) {
      next();
    }
    return there;
  }

  Token expect(String type) {
    return is(type) ? next() : unexpected(Token.describe(type));
  }

  Token expectName(String name) {
    return isName(name) ? next() : unexpected(name);
  }

  private Token unexpected(String wanted) {
    if (is("eof")) {
      throw fail("unexpected end of template, expected " + Text.quote(wanted) + ".");
    }
    throw fail(
        "expected token " + Text.quote(wanted) + ", got " + Text.quote(current().described()));
  }

  PyError fail(String message) {
    return fail(message, current().line());
  }

  PyError fail(String message, int errorLine) {
    line = errorLine;
    return new PyError("TemplateSyntaxError", message);
  }
}
