// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The variables of a call: of the template itself, of a macro, or of a block that is called. */
final class Frame {

  final State state;

  /** Null where a variable has no value yet. */
  final @Nullable Object[] slots;

  /** The frame in which the macro was written. */
  final @Nullable Frame outer;

  Frame(State state, int size, @Nullable Frame outer) {
    this.state = state;
    this.slots = new Object[size];
    this.outer = outer;
  }

  Frame up(int hops) {
    Frame frame = this;
    for (int i = 0; i < hops; i++) {
      frame = Objects.requireNonNull(frame.outer);
    }
    return frame;
  }
}
