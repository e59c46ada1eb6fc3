// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** A value that can be called. */
interface Fn {

  Object call(State state, Args args);

  /** What Python prints it as. */
  String repr();

  /** The name of its type in Python. */
  default String type() {
    return "builtin_function_or_method";
  }

  /** Returns a function under a name. */
  static Fn named(String repr, String type, Body body) {
    return new Named(repr, type, body);
  }

  /** What a function does. */
  interface Body {
    Object call(State state, Args args);
  }

  /** A function with a name. */
  record Named(String repr, String type, Body body) implements Fn {
    @Override
    public Object call(State state, Args args) {
      return body.call(state, args);
    }
  }
}
