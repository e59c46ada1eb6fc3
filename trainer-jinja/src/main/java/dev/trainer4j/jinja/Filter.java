// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import org.jspecify.annotations.Nullable;

/** A filter or a test: what stands behind {@code |} or {@code is}. */
interface Filter {

  Object apply(State state, Object value, Args args);

  /** What a filter with declared parameters does; an argument is null where its default holds. */
  interface Body {
    Object apply(State state, Object value, @Nullable Object[] arguments);
  }

  /** Returns a filter with the parameters of a signature, of which the value is the first. */
  static Filter of(String signature, Body body) {
    Signature parameters = Signature.of(signature);
    @Nullable Object[] none = new Object[parameters.parameters().size()];
    boolean valueOnly = parameters.required() <= 1;
    return (state, value, args) -> {
      state.step();
      @Nullable Object[] bound;
      if (valueOnly && args == Args.NONE) {
        bound = none.clone();
        bound[0] = value;
      } else {
        bound = parameters.bind(args.before(value));
      }
      return body.apply(state, value, bound);
    };
  }
}
