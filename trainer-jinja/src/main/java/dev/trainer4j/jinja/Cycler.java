// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import org.jspecify.annotations.Nullable;

/** {@code cycler(...)}: gives its values in turn. */
final class Cycler implements Attributes.WithAttributes {

  private final Object[] items;
  private int position;

  Cycler(Args args) {
    items = args.positional;
    if (items.length == 0) {
      throw new PyError("RuntimeError", "at least one item has to be provided");
    }
  }

  @Override
  public @Nullable Object attribute(String name) {
    return switch (name) {
      case "next" -> Fn.named("<bound method Cycler.next>", "method", (state, args) -> next());
      case "reset" -> Fn.named("<bound method Cycler.reset>", "method", (state, args) -> reset());
      case "current" -> items[position];
      case "items" -> PyList.tuple(items);
      case "pos" -> (long) position;
      default -> null;
    };
  }

  private Object next() {
    Object item = items[position];
    position = (position + 1) % items.length;
    return item;
  }

  private Object reset() {
    position = 0;
    return None.NONE;
  }
}
