// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Attributes, items and slices. */
final class Access {

  private Access() {}

  static final class Attribute extends Expr {
    private final Expr value;
    private final String name;

    Attribute(int line, Expr value, String name) {
      super(line, List.of(value));
      this.value = value;
      this.name = name;
    }

    @Override
    List<Expr> children() {
      return List.of(value);
    }

    @Override
    Object eval(Frame frame) {
      frame.state.step();
      return Attributes.attribute(value.eval(frame), name);
    }
  }

  static final class Item extends Expr {
    private final Expr value;
    private final Expr key;

    Item(int line, Expr value, Expr key) {
      super(line, List.of(value, key));
      this.value = value;
      this.key = key;
    }

    @Override
    List<Expr> children() {
      return List.of(value, key);
    }

    @Override
    Object eval(Frame frame) {
      frame.state.step();
      Object of = value.eval(frame);
      return Attributes.item(of, key.eval(frame));
    }
  }

  /** {@code start:stop:step}; what is left out is null. */
  static final class Bounds extends Expr {
    final @Nullable Expr start;
    final @Nullable Expr stop;
    final @Nullable Expr step;

    Bounds(int line, @Nullable Expr start, @Nullable Expr stop, @Nullable Expr step) {
      super(line, Arrays.asList(start, stop, step));
      this.start = start;
      this.stop = stop;
      this.step = step;
    }

    @Override
    List<Expr> children() {
      return Stream.of(start, stop, step)
          .filter(Objects::nonNull)
          .map(Objects::requireNonNull)
          .toList();
    }

    @Override
    Object eval(Frame frame) {
      throw new IllegalStateException("part of a slice");
    }

    static Object value(Frame frame, @Nullable Expr bound) {
      return bound == null ? None.NONE : bound.eval(frame);
    }
  }

  static final class Slice extends Expr {
    private final Expr value;
    private final Bounds bounds;

    Slice(int line, Expr value, Bounds bounds) {
      super(line, List.of(value, bounds));
      this.value = value;
      this.bounds = bounds;
    }

    @Override
    List<Expr> children() {
      return List.of(value, bounds);
    }

    @Override
    Object eval(Frame frame) {
      frame.state.step();
      return Slices.slice(
          frame.state,
          value.eval(frame),
          Bounds.value(frame, bounds.start),
          Bounds.value(frame, bounds.stop),
          Bounds.value(frame, bounds.step));
    }
  }
}
