// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop}. It looks one element ahead, and only when it is asked to. */
final class Loop implements Fn, Attributes.WithAttributes, Iterator<Object> {

  private Iterator<Object> items;
  private final @Nullable Object sized;
  private final @Nullable For statement;
  private final Frame outer;
  private final int level;

  private long index = -1;
  private long length = -1;
  private @Nullable Object previous;
  private @Nullable Object current;
  private @Nullable Object ahead;
  private @Nullable PyList changed;

  /**
   * Makes the variable.
   *
   * @param sized what tells the length; null if only going through tells it
   * @param statement the loop if it is recursive
   */
  Loop(
      Iterator<Object> items,
      @Nullable Object sized,
      @Nullable For statement,
      Frame outer,
      int level) {
    this.items = items;
    this.sized = sized;
    this.statement = statement;
    this.outer = outer;
    this.level = level;
  }

  /** The elements; each that is taken moves the loop on. */
  Iterator<Object> items() {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return peek() != null;
      }

      @Override
      public Object next() {
        return advance();
      }
    };
  }

  private @Nullable Object peek() {
    if (ahead == null && items.hasNext()) {
      ahead = items.next();
    }
    return ahead;
  }

  private Object advance() {
    Object item = Objects.requireNonNull(peek());
    ahead = null;
    index++;
    previous = current;
    current = item;
    return item;
  }

  @Override
  public boolean hasNext() {
    return peek() != null;
  }

  /** Going through the variable itself gives pairs, as the reference does. */
  @Override
  public Object next() {
    return PyList.tuple(advance(), this);
  }

  long length() {
    if (length < 0 && sized != null) {
      length = Iteration.length(sized);
    }
    if (length < 0) {
      List<Object> rest = Iteration.list(outer.state, Generator.of("loop", items));
      items = rest.iterator();
      length = rest.size() + index + 1 + (ahead == null ? 0 : 1);
    }
    return length;
  }

  @Override
  public @Nullable Object attribute(String name) {
    return switch (name) {
      case "index" -> index + 1;
      case "index0" -> index;
      case "first" -> index == 0;
      case "last" -> peek() == null;
      case "length" -> length();
      case "revindex" -> length() - index;
      case "revindex0" -> length() - index - 1;
      case "depth" -> level + 1L;
      case "depth0" -> (long) level;
      case "previtem" -> orUndefined(previous, "there is no previous item");
      case "nextitem" -> orUndefined(peek(), "there is no next item");
      case "cycle" ->
          Fn.named("<bound method LoopContext.cycle>", "method", (state, args) -> cycle(args));
      case "changed" -> Fn.named("<bound method LoopContext.changed>", "method", this::changed);
      default -> null;
    };
  }

  private static Object orUndefined(@Nullable Object value, String otherwise) {
    return value == null ? Undefined.because(otherwise) : value;
  }

  private Object cycle(Args args) {
    if (args.count() == 0) {
      throw PyError.type("no items for cycling given");
    }
    return args.positional[(int) (index % args.count())];
  }

  private Object changed(State state, Args args) {
    PyList values = PyList.tuple(args.positional);
    boolean differs = changed == null || !Comparisons.equal(state, changed, values);
    changed = values;
    return differs;
  }

  @Override
  public Object call(State state, Args args) {
    if (statement == null) {
      throw PyError.type("The loop must have the 'recursive' marker to be called recursively.");
    }
    args.plain("__call__", 1, 1);
    return statement.render(outer, args.positional[0], level + 1);
  }

  @Override
  public String repr() {
    return "<LoopContext " + (index + 1) + "/" + length() + ">";
  }

  @Override
  public String type() {
    return "LoopContext";
  }
}
