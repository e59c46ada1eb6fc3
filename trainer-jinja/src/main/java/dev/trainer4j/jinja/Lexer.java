// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * From the text of a template to tokens, with {@code trim_blocks} and {@code lstrip_blocks} on: the
 * line break behind a block goes, and so does the space before it on its line.
 */
final class Lexer {

  private static final Pattern BEGIN = Pattern.compile("\\{[%{#]");
  private static final Pattern RAW_BEGIN =
      Pattern.compile(
          "\\{%([-+]?)" + space("*") + "raw" + space("*") + "(?:-%\\}" + space("*") + "|%\\})");
  private static final Pattern RAW_END =
      Pattern.compile(
          "\\{%([-+]?)"
              + space("*")
              + "endraw"
              + space("*")
              + "(?:\\+%\\}|-%\\}"
              + space("*")
              + "|%\\}\n?)");
  private static final Pattern OPERATOR =
      Pattern.compile("//|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}><=.:|,;]");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private int line = 1;
  private int counted;

  private Lexer(String text) {
    String lines = text.replace("\r\n", "\n").replace('\r', '\n');
    source = lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
  }

  private static String space(String count) {
    return "[\\s\\x0b\\x1c-\\x1f\\x85\\p{Z}]" + count;
  }

  /**
   * Returns the tokens. An error is the last token: a parser that finds a mistake before it tells of that
   * one, as the reference does.
   */
  static List<Token> tokens(String text) {
    Lexer lexer = new Lexer(text);
    try {
      lexer.template();
      lexer.add("eof", "");
    } catch (PyError error) {
      lexer.add("error", error);
    }
    return lexer.tokens;
  }

  private void add(String type, Object value) {
    tokens.add(new Token(type, value, line));
  }

  private static PyError syntax(String message) {
    return new PyError("TemplateSyntaxError", message);
  }

  /** Counts the lines up to a position. */
  private void countTo(int end) {
    for (; counted < end; counted++) {
      line += source.charAt(counted) == '\n' ? 1 : 0;
    }
  }

  private void template() {
    Matcher begins = BEGIN.matcher(source);
    boolean lineStarting = true;
    while (position < source.length()) {
      if (!begins.find(position)) {
        data(source.length(), source.length());
        return;
      }
      int begin = begins.start();
      char kind = source.charAt(begin + 1);
      Matcher raw = RAW_BEGIN.matcher(source).region(begin, source.length());
      if (kind == '%' && raw.lookingAt()) {
        text(begin, sign(begin), true, lineStarting);
        position = raw.end();
        countTo(position);
        lineStarting = raw(source.charAt(position - 1) == '\n');
        continue;
      }
      text(begin, sign(begin), kind != '{', lineStarting);
      position = begin + (sign(begin) == 0 ? 2 : 3);
      countTo(position);
      if (kind == '#') {
        comment();
      } else {
        add(kind == '%' ? "block_begin" : "variable_begin", "");
        code(kind == '%');
      }
      lineStarting = position > 0 && source.charAt(position - 1) == '\n';
    }
  }

  private char sign(int begin) {
    char c = begin + 2 < source.length() ? source.charAt(begin + 2) : 0;
    return c == '-' || c == '+' ? c : 0;
  }

  /** Adds the text up to a tag, stripped as the tag asks for. */
  private void text(int begin, char sign, boolean block, boolean lineStarting) {
    int end = begin;
    if (sign == '-') {
      while (end > position && Chars.isSpace(source.charAt(end - 1))) {
        end--;
      }
    } else if (sign != '+' && block) {
      int lineBegin = source.lastIndexOf('\n', begin - 1) + 1;
      boolean atLine = lineBegin > position || lineStarting;
      int from = Math.max(lineBegin, position);
      if (atLine && isSpace(from, begin)) {
        end = from;
      }
    }
    data(end, begin);
  }

  private boolean isSpace(int from, int to) {
    for (int i = from; i < to; i++) {
      if (!Chars.isSpace(source.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private void data(int end, int next) {
    if (end > position) {
      add("data", source.substring(position, end));
    }
    position = next;
    countTo(position);
  }

  private boolean raw(boolean lineStarting) {
    if (position == source.length()) {
      return false;
    }
    Matcher end = RAW_END.matcher(source);
    if (!end.find(position)) {
      throw syntax("Missing end of raw directive");
    }
    String sign = end.group(1);
    text(end.start(), sign.isEmpty() ? 0 : sign.charAt(0), true, lineStarting);
    position = end.end();
    countTo(position);
    return source.charAt(position - 1) == '\n';
  }

  private void comment() {
    if (position == source.length()) {
      return;
    }
    int end = source.indexOf("#}", position);
    if (end < 0) {
      throw syntax("Missing end of comment tag");
    }
    boolean strip = end > position && source.charAt(end - 1) == '-';
    boolean keep = end > position && source.charAt(end - 1) == '+';
    position = end + 2;
    skip(strip, !keep);
  }

  /** Goes over all space behind a tag, or over one line break. */
  private void skip(boolean all, boolean lineBreak) {
    while (all && position < source.length() && Chars.isSpace(source.charAt(position))) {
      position++;
    }
    if (!all && lineBreak && source.startsWith("\n", position)) {
      position++;
    }
    countTo(position);
  }

  private void code(boolean block) {
    String end = block ? "%}" : "}}";
    Deque<Character> open = new ArrayDeque<>();
    while (position < source.length()) {
      if (open.isEmpty() && isEnd(end, block)) {
        boolean strip = source.charAt(position) == '-';
        boolean keep = source.charAt(position) == '+';
        add(block ? "block_end" : "variable_end", "");
        position += strip || keep ? 3 : 2;
        skip(strip, block && !keep);
        return;
      }
      if (Chars.isSpace(source.charAt(position))) {
        position++;
        countTo(position);
      } else {
        token(open);
      }
    }
  }

  private boolean isEnd(String end, boolean block) {
    return source.startsWith(end, position)
        || source.startsWith("-" + end, position)
        || (block && source.startsWith("+" + end, position));
  }

  private void token(Deque<Character> open) {
    if (isDigit(source.charAt(position))) {
      number();
    } else if (Chars.isWord(source.codePointAt(position))
        || Chars.continuesName(source.codePointAt(position))) {
      name();
    } else if (source.charAt(position) == '\'' || source.charAt(position) == '"') {
      string();
    } else {
      operator(open);
    }
    countTo(position);
  }

  private void operator(Deque<Character> open) {
    Matcher matcher = OPERATOR.matcher(source).region(position, source.length());
    if (!matcher.lookingAt()) {
      throw unexpected();
    }
    String operator = matcher.group();
    balance(open, operator.charAt(0));
    add(operator, operator);
    position = matcher.end();
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private void number() {
    int begin = position;
    boolean behindPoint = begin > 0 && source.charAt(begin - 1) == '.';
    int end = behindPoint ? begin : NumberScanner.floatEnd(source, begin);
    boolean fraction = end > begin;
    position = fraction ? end : NumberScanner.integerEnd(source, begin);
    String digits = source.substring(begin, position);
    if (fraction) {
      add("float", Double.parseDouble(digits.replace("_", "")));
      return;
    }
    Object value = Numbers.parse(digits, 0);
    if (value == null) {
      throw syntax(
          "the integer "
              + digits.substring(0, Math.min(20, digits.length()))
              + "... has too many digits");
    }
    add("integer", value);
  }

  private PyError unexpected() {
    String one = Character.toString(source.codePointAt(position));
    return syntax(
        "unexpected char " + Text.quote(one) + " at " + source.codePointCount(0, position));
  }

  private void name() {
    int begin = position;
    while (position < source.length()) {
      int point = source.codePointAt(position);
      if (!Chars.isWord(point) && !Chars.continuesName(point)) {
        break;
      }
      position += Character.charCount(point);
    }
    String name = source.substring(begin, position);
    if (!TextChecks.isIdentifier(name)) {
      throw syntax("Invalid character in identifier");
    }
    add("name", name);
  }

  private void string() {
    int end = position + 1;
    char mark = source.charAt(position);
    while (end < source.length() && source.charAt(end) != mark) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw unexpected();
    }
    String raw = source.substring(position + 1, end);
    position = end + 1;
    add("string", raw.indexOf('\\') < 0 ? raw : Escapes.resolve(raw));
  }

  private static void balance(Deque<Character> open, char c) {
    switch (c) {
      case '{' -> open.push('}');
      case '(' -> open.push(')');
      case '[' -> open.push(']');
      case '}', ')', ']' -> {
        if (open.isEmpty()) {
          throw syntax("unexpected '" + c + "'");
        }
        char expected = open.pop();
        if (expected != c) {
          throw syntax("unexpected '" + c + "', expected '" + expected + "'");
        }
      }
      default -> {}
    }
  }
}
