// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import org.jspecify.annotations.Nullable;

/** A name or an attribute that is not there: it prints as nothing, and fails when it is used. */
final class Undefined {

  private final @Nullable String hint;
  private final @Nullable Object owner;
  private final Object name;
  private final String kind;

  private Undefined(@Nullable String hint, @Nullable Object owner, Object name, String kind) {
    this.hint = hint;
    this.owner = owner;
    this.name = name;
    this.kind = kind;
  }

  static Undefined variable(String name) {
    return new Undefined(null, null, name, "UndefinedError");
  }

  static Undefined of(Object owner, Object name) {
    return new Undefined(null, owner, name, "UndefinedError");
  }

  static Undefined because(String hint) {
    return new Undefined(hint, null, "", "UndefinedError");
  }

  static Undefined unsafe(Object owner, String name) {
    String hint =
        "access to attribute "
            + Text.quote(name)
            + " of '"
            + Types.name(owner)
            + "' object is unsafe.";
    return new Undefined(hint, owner, name, "SecurityError");
  }

  /** The error of using it. */
  PyError error() {
    if (hint != null) {
      return new PyError(kind, hint);
    }
    if (owner == null) {
      return new PyError(kind, Text.quote((String) name) + " is undefined");
    }
    String type = Types.described(owner);
    if (name instanceof String text) {
      return new PyError(kind, Text.quote(type) + " has no attribute " + Text.quote(text));
    }
    return new PyError(kind, type + " has no element " + Text.shortRepr(name));
  }
}
