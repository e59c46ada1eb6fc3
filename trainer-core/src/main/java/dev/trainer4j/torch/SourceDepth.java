// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Set;

/**
 * How deep a parser of TorchScript gets: brackets, blocks, and operators in a row, each of which may take the
 * expression before it as its own part; and how many lines in a row hold nothing. PyTorch writes but a few of each.
 */
final class SourceDepth {

  private static final int DEEPEST = 200;

  /** What libtorch reads behind it are types, not a comment. */
  private static final String TYPE_COMMENT = "# type:";

  private static final Set<String> OPERATORS =
      Set.of("not", "and", "or", "if", "else", "is", "in", "for", "lambda");

  private final String text;
  private final Deque<Integer> open = new ArrayDeque<>();
  private final Deque<Integer> blocks = new ArrayDeque<>();
  private int at;
  private int line = 1;

  /** What the enclosing brackets have come to. */
  private int outer;

  /** Operators since the last comma within the innermost bracket. */
  private int here;

  /** Branches of the same {@code if}, each of which is within the one before. */
  private int branches;

  private SourceDepth(String text) {
    this.text = text;
  }

  /**
   * Reads a source.
   *
   * @throws IOException with the line, if it nests too deep
   */
  static void check(String text) throws IOException {
    requireShortGaps(text);
    new SourceDepth(text).read();
  }

  /** libtorch's lexer calls itself for each line in a row that holds nothing. */
  private static void requireShortGaps(String text) throws IOException {
    int empty = 0;
    int number = 0;
    for (Iterator<String> lines = text.lines().iterator(); lines.hasNext(); ) {
      String content = lines.next().strip();
      number++;
      boolean holdsNothing = content.isEmpty() || content.startsWith("#") || content.equals("\\");
      empty = holdsNothing ? empty + 1 : 0;
      if (empty > DEEPEST) {
        throw new IOException(
            "has more than " + DEEPEST + " empty lines or comments in a row, to line " + number);
      }
    }
  }

  private void read() throws IOException {
    beginLine();
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '\n') {
        line++;
        at++;
        if (open.isEmpty()) {
          beginLine();
        }
      } else if (c == '#' && !text.startsWith(TYPE_COMMENT, at)) {
        at = endOfLine();
      } else if (c == '\'' || c == '"') {
        string(c);
      } else if (Character.isJavaIdentifierStart(c)) {
        word();
      } else {
        sign(c);
        at++;
      }
    }
  }

  private void beginLine() throws IOException {
    here = 0;
    int begin = at;
    while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
      at++;
    }
    int indent = at - begin;
    if (at == text.length() || text.charAt(at) == '\n' || text.charAt(at) == '#') {
      return;
    }
    while (!blocks.isEmpty() && blocks.peek() > indent) {
      blocks.pop();
      branches = 0;
    }
    if (blocks.isEmpty() || blocks.peek() < indent) {
      blocks.push(indent);
    }
    if (text.startsWith("elif", at)) {
      branches++;
    }
    require(blocks.size() + branches);
  }

  private int endOfLine() {
    int end = text.indexOf('\n', at);
    return end < 0 ? text.length() : end;
  }

  /** A text between one or three quotes; the latter may have several lines. */
  private void string(char quote) {
    String three = String.valueOf(quote).repeat(3);
    boolean lines = text.startsWith(three, at);
    String end = lines ? three : String.valueOf(quote);
    at += end.length();
    while (at < text.length() && !text.startsWith(end, at)) {
      char c = text.charAt(at);
      if (c == '\n' && !lines) {
        return;
      }
      line += c == '\n' ? 1 : 0;
      at += c == '\\' ? 2 : 1;
    }
    at = Math.min(text.length(), at + end.length());
  }

  private void word() throws IOException {
    int begin = at;
    while (at < text.length() && Character.isJavaIdentifierPart(text.charAt(at))) {
      at++;
    }
    if (OPERATORS.contains(text.substring(begin, at))) {
      count();
    }
  }

  private void sign(char c) throws IOException {
    switch (c) {
      case '(', '[', '{' -> {
        count();
        open.push(here);
        outer += here;
        here = 0;
      }
      case ')', ']', '}' -> {
        if (!open.isEmpty()) {
          here = open.pop();
          outer -= here;
        }
      }
      case ',' -> here = 0;
      case ' ', '\t', '\r', ':', ';', '=', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> {
        // Nothing that takes what stands before it.
      }
      default -> count();
    }
  }

  private void count() throws IOException {
    here++;
    require(outer + here);
  }

  private void require(int depth) throws IOException {
    if (depth > DEEPEST) {
      throw new IOException(
          "nests more than "
              + DEEPEST
              + " levels of brackets, blocks or operators in line "
              + line);
    }
  }
}
