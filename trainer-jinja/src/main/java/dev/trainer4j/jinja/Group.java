// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code groupby} makes: a pair whose parts have names. */
final class Group extends PyList implements Attributes.WithAttributes {

  Group(Object grouper, PyList list) {
    super(List.of(grouper, list), true);
  }

  /** Its type has a name of its own. */
  static final String TYPE = "_GroupTuple";

  @Override
  public @Nullable Object attribute(String name) {
    return switch (name) {
      case "grouper" -> items.get(0);
      case "list" -> items.get(1);
      default -> null;
    };
  }
}
