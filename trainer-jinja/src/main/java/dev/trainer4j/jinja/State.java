// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One rendering: its variables, its output and what it has used up. */
final class State {

  /** A step looks at this many characters or elements. */
  private static final int BLOCK = 64;

  final Limits limits;
  final Clock clock;

  /** Where the template writes now: the text itself, or a buffer of a macro or a block. */
  StringBuilder out;

  /** The line that is executed. */
  int line;

  private final StringBuilder text = new StringBuilder(1024);
  private final Map<String, Object> variables;
  private final List<int[]> generations = new ArrayList<>();
  private @Nullable Map<String, Object> exported;
  private long stepsLeft;
  private long sizeLeft;
  private int nodes;
  private int calls;
  private int countedChars;
  private int countedPoints;

  State(Limits limits, Clock clock, Map<String, Object> variables) {
    this.limits = limits;
    this.clock = clock;
    this.variables = variables;
    stepsLeft = limits.steps();
    sizeLeft = limits.totalSize();
    out = text;
  }

  String text() {
    return text.toString();
  }

  // ------------------------------------------------------------------------------- variables

  @Nullable Object resolve(String name) {
    Object value = exported == null ? null : exported.get(name);
    value = value != null ? value : variables.get(name);
    return value != null ? value : Globals.ALL.get(name);
  }

  /** Shows a variable of the top level to blocks. */
  void export(String name, Object value) {
    if (exported == null) {
      exported = new HashMap<>();
    }
    exported.put(name, value);
  }

  // ---------------------------------------------------------------------------------- limits

  void step() {
    if (--stepsLeft < 0) {
      throw PyError.limit(
          "the template takes more than " + limits.steps() + " steps (limit 'steps')");
    }
  }

  /** Counts the steps of looking at many elements or characters. */
  void look(long count) {
    stepsLeft -= count / BLOCK;
    step();
  }

  /** Counts a value that is about to be made, or text that is about to be written. */
  void grow(long size) {
    if (size < 0 || size > limits.valueSize()) {
      throw PyError.limit(
          "the template makes a value of the size "
              + size
              + ", more than "
              + limits.valueSize()
              + " (limit 'valueSize')");
    }
    sizeLeft -= size;
    stepsLeft -= size / BLOCK;
    if (sizeLeft < 0) {
      throw PyError.limit(
          "the template makes values of more than "
              + limits.totalSize()
              + " characters and elements together (limit 'totalSize')");
    }
  }

  /** Refuses values too deep within each other. */
  void nest(int depth) {
    if (depth > limits.depth()) {
      throw PyError.recursion(
          "values are nested more than " + limits.depth() + " deep (limit 'depth')");
    }
  }

  /** Enters a body of nodes so many deep; {@link #leave} must follow. */
  void enter(int bodyDepth) {
    calls++;
    nodes += bodyDepth;
    if (calls > limits.depth() || nodes > limits.depth() * 20) {
      throw PyError.recursion(
          "macros call each other more than " + limits.depth() + " deep (limit 'depth')");
    }
  }

  void leave(int bodyDepth) {
    calls--;
    nodes -= bodyDepth;
  }

  // ---------------------------------------------------------------------------------- output

  void write(String part) {
    int length = part.length();
    if (length > 0) {
      grow(length);
      if (out.length() + length > limits.valueSize()) {
        grow(out.length() + (long) length);
      }
      out.append(part);
    }
  }

  /** Notes a generation block that is about to be written. */
  void generated(String part) {
    countedPoints += Character.codePointCount(text, countedChars, text.length());
    countedChars = text.length();
    int end = countedPoints + part.codePointCount(0, part.length());
    generations.add(new int[] {countedPoints, end});
  }

  List<Rendered.Span> spans(String rendered) {
    List<Rendered.Span> spans = new ArrayList<>();
    for (int[] generation : generations) {
      spans.add(Rendered.Span.of(rendered, generation[0], generation[1]));
    }
    return spans;
  }
}
