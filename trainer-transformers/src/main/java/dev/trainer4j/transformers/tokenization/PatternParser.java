// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import dev.trainer4j.transformers.tokenization.PatternNode.Atomic;
import dev.trainer4j.transformers.tokenization.PatternNode.Condition;
import dev.trainer4j.transformers.tokenization.PatternNode.InOrder;
import dev.trainer4j.transformers.tokenization.PatternNode.OneCharacter;
import dev.trainer4j.transformers.tokenization.PatternNode.OneOf;
import dev.trainer4j.transformers.tokenization.PatternNode.Repeated;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the part of Oniguruma's syntax that tokenizers use, and refuses all else: back references,
 * recursion, conditions, callouts and the extended syntax.
 */
final class PatternParser {

  private static final int MAX_LENGTH = 20_000;
  private static final int MAX_DEPTH = 50;

  private static final PatternNode NOTHING = new InOrder(List.of());
  private static final Pattern INTERVAL = Pattern.compile("\\{(\\d{0,6})(,(\\d{0,6}))?\\}");
  private static final Pattern FLAGS = Pattern.compile("[imWDSP]*(-[imWDSP]*)?[:)]");
  private static final Pattern CODE =
      Pattern.compile("x\\{[0-9a-fA-F]{1,8}\\}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|0[0-7]{0,2}");
  private static final Pattern PROPERTY = Pattern.compile("[pP]\\{\\^?[\\w -]{1,60}\\}");

  private final String text;
  private int at;
  private int depth;

  private PatternParser(String text) {
    this.text = text;
  }

  /**
   * Reads a pattern.
   *
   * @throws DoubtfulPatternException if it has a part that is not known
   */
  static PatternNode parse(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new DoubtfulPatternException("it has more than " + MAX_LENGTH + " characters");
    }
    PatternParser parser = new PatternParser(text);
    PatternNode whole = parser.alternatives();
    if (parser.at < text.length()) {
      throw new DoubtfulPatternException("it has a ) that nothing opens");
    }
    return whole;
  }

  private PatternNode alternatives() {
    if (++depth > MAX_DEPTH) {
      throw new DoubtfulPatternException("its groups are nested more than " + MAX_DEPTH + " deep");
    }
    List<PatternNode> branches = new ArrayList<>();
    do {
      branches.add(sequence());
    } while (take("|"));
    depth--;
    return new OneOf(branches);
  }

  private PatternNode sequence() {
    List<PatternNode> parts = new ArrayList<>();
    while (at < text.length() && text.charAt(at) != '|' && text.charAt(at) != ')') {
      parts.add(repeated(atom()));
    }
    return new InOrder(parts);
  }

  // ---------------------------------------------------------------------- repetitions

  private PatternNode repeated(PatternNode atom) {
    PatternNode node = atom;
    while (at < text.length()) {
      Matcher interval = INTERVAL.matcher(text).region(at, text.length());
      if (take("*")) {
        node = greedy(node, 0, PatternNode.UNLIMITED);
      } else if (take("+")) {
        node = greedy(node, 1, PatternNode.UNLIMITED);
      } else if (take("?")) {
        node = greedy(node, 0, 1);
      } else if (interval.lookingAt()
          && interval.end() - at > 2
          && !interval.group().equals("{,}")) {
        at = interval.end();
        node = counted(node, interval);
      } else {
        return node;
      }
    }
    return node;
  }

  private PatternNode greedy(PatternNode body, int least, int most) {
    PatternNode node = repetition(body, least, most);
    if (take("+")) {
      return new Atomic(node);
    }
    take("?"); // matching few first changes which match is found, not how many there are
    return node;
  }

  private PatternNode counted(PatternNode body, Matcher interval) {
    String low = interval.group(1);
    String high = interval.group(3);
    int least = low.isEmpty() ? 0 : Integer.parseInt(low);
    int most =
        interval.group(2) == null
            ? least
            : high.isEmpty() ? PatternNode.UNLIMITED : Integer.parseInt(high);
    if (most < least) {
      throw new DoubtfulPatternException(interval.group() + " counts down");
    }
    PatternNode node = repetition(body, least, most);
    // A{n}? is optional, not lazy.
    return take("?") && least == most ? repetition(node, 0, 1) : node;
  }

  private static PatternNode repetition(PatternNode body, int least, int most) {
    if (most == PatternNode.UNLIMITED && !(body.isFixed() && body.minLength() > 0)) {
      throw new DoubtfulPatternException(
          "it repeats without a limit a group that matches a text in several ways");
    }
    return new Repeated(body, least, most);
  }

  // ---------------------------------------------------------------------- atoms

  private PatternNode atom() {
    char first = text.charAt(at++);
    return switch (first) {
      case '\\' -> escape();
      case '[' -> {
        int start = at - 1;
        set(1);
        yield new OneCharacter(text.substring(start, at));
      }
      case '(' -> group();
      case '^', '$' -> new Condition(NOTHING);
      case '*', '+', '?' -> throw new DoubtfulPatternException("it begins a part with " + first);
      default -> {
        if (Character.isHighSurrogate(first) && at < text.length()) {
          at++;
          yield new OneCharacter(text.substring(at - 2, at));
        }
        yield new OneCharacter(first == '.' ? "." : Pattern.quote(String.valueOf(first)));
      }
    };
  }

  private PatternNode escape() {
    char letter = at < text.length() ? text.charAt(at) : 0;
    if ("AzZbBG".indexOf(letter) >= 0 && letter != 0) {
      at++;
      return new Condition(NOTHING);
    }
    int start = at - 1;
    escaped(letter);
    return new OneCharacter(text.substring(start, at));
  }

  private void escaped(char letter) {
    for (Pattern known : List.of(CODE, PROPERTY)) {
      Matcher matcher = known.matcher(text).region(at, text.length());
      if (matcher.lookingAt()) {
        at = matcher.end();
        return;
      }
    }
    boolean known = "dDwWsShHNORtnrfvae".indexOf(letter) >= 0;
    if (letter == 0 || (!known && (Character.isLetterOrDigit(letter) || letter > 0x7f))) {
      throw new DoubtfulPatternException("\\" + (letter == 0 ? "" : letter) + " is not known");
    }
    at++;
  }

  private void set(int nesting) {
    if (nesting > MAX_DEPTH) {
      throw new DoubtfulPatternException("its sets are nested more than " + MAX_DEPTH + " deep");
    }
    take("^");
    if (at < text.length() && text.charAt(at) == ']') {
      throw new DoubtfulPatternException("a set begins with ]");
    }
    while (at < text.length()) {
      char next = text.charAt(at++);
      if (next == ']') {
        return;
      } else if (next == '\\') {
        escaped(at < text.length() ? text.charAt(at) : 0);
      } else if (next == '[' && !take(":")) {
        set(nesting + 1);
      } else if (next == '[') {
        int end = text.indexOf(":]", at);
        if (end < 0) {
          throw new DoubtfulPatternException("[: has no end");
        }
        at = end + 2;
      }
    }
    throw new DoubtfulPatternException("a set has no end");
  }

  private PatternNode group() {
    if (take("*")) {
      throw new DoubtfulPatternException("(* is not known");
    }
    if (!take("?")) {
      return closed(alternatives());
    }
    if (take(":")) {
      return closed(alternatives());
    }
    if (take("<=") || take("<!") || take("=") || take("!")) {
      return new Condition(closed(alternatives()));
    }
    if (take(">")) {
      return new Atomic(closed(alternatives()));
    }
    Matcher flags = FLAGS.matcher(text).region(at, text.length());
    if (flags.lookingAt()) {
      at = flags.end();
      // (?i) holds for all that follows in its group, alternatives included.
      return flags.group().endsWith(":") ? closed(alternatives()) : alternatives();
    }
    throw new DoubtfulPatternException(
        "(?" + text.substring(at, Math.min(at + 1, text.length())) + " is not known");
  }

  private PatternNode closed(PatternNode body) {
    if (!take(")")) {
      throw new DoubtfulPatternException("a group has no end");
    }
    return body;
  }

  private boolean take(String expected) {
    boolean there = text.startsWith(expected, at);
    at += there ? expected.length() : 0;
    return there;
  }
}
