// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/**
 * A method of a built-in type.
 *
 * @param type the type's name, for messages
 * @param name its name
 * @param least the least number of arguments
 * @param most the greatest; -1 if the body looks itself
 * @param body what it does
 */
record Method(String type, String name, int least, int most, Body body) {

  interface Body {
    Object call(State state, Object self, Args args);
  }

  Object call(State state, Object self, Args args) {
    state.step();
    return body.call(state, self, most < 0 ? args : args.plain(label(), least, most));
  }

  private String label() {
    return type + "." + name;
  }

  /** Returns the method of a value. */
  Fn of(Object self) {
    return new Bound(this, self);
  }

  private record Bound(Method method, Object self) implements Fn {
    @Override
    public Object call(State state, Args args) {
      return method.call(state, self, args);
    }

    @Override
    public String repr() {
      return "<built-in method "
          + method.name
          + " of "
          + Types.name(self)
          + " object at "
          + Text.address(self)
          + ">";
    }
  }
}
