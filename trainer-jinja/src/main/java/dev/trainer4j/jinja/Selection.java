// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** {@code map}, {@code select} and their kin: generators, which complain when they are gone through. */
final class Selection {

  private Selection() {}

  static Object map(State state, Object value, Args args) {
    return generator(state, "sync_do_map", value, () -> mapping(state, args), null);
  }

  private static UnaryOperator<Object> mapping(State state, Args args) {
    if (args.count() == 0 && args.named.containsKey("attribute")) {
      Map<String, Object> rest = new HashMap<>(args.named);
      AttributePath path =
          new AttributePath(rest.remove("attribute"), rest.remove("default"), false);
      if (!rest.isEmpty()) {
        throw PyError.argument(
            "Unexpected keyword argument " + Text.quote(rest.keySet().iterator().next()));
      }
      return path::of;
    }
    Object name = args.get(0);
    if (name == null) {
      throw PyError.argument("map requires a filter argument");
    }
    Filter filter = Filters.named(name);
    Args rest = args.from(1);
    return item -> filter.apply(state, item, rest);
  }

  static Object select(
      State state, Object value, Args args, String function, boolean byAttribute, boolean keep) {
    return generator(state, function, value, () -> test(state, args, byAttribute), keep);
  }

  private static UnaryOperator<Object> test(State state, Args args, boolean byAttribute) {
    Object attribute = byAttribute ? args.get(0) : None.NONE;
    if (attribute == null) {
      throw PyError.argument("Missing parameter for attribute name");
    }
    AttributePath path = new AttributePath(attribute, null, false);
    int offset = byAttribute ? 1 : 0;
    Object name = args.get(offset);
    if (name == null) {
      return item -> Types.truth(path.of(item));
    }
    Filter test = Tests.named(name);
    Args rest = args.from(offset + 1);
    return item -> test.apply(state, path.of(item), rest);
  }

  /** Returns the results of a function, or where {@code keep} is given the elements for which it holds. */
  private static Object generator(
      State state,
      String name,
      Object value,
      Supplier<UnaryOperator<Object>> prepare,
      @Nullable Boolean keep) {
    return Generator.of(
        name,
        new Iteration.Lazy() {
          private @Nullable Iterator<Object> items;
          private UnaryOperator<Object> function = UnaryOperator.identity();

          @Override
          @Nullable Object advance() {
            if (items == null) {
              boolean any = Types.truth(value);
              function = any ? prepare.get() : function;
              items = any ? Iteration.of(value) : Collections.emptyIterator();
            }
            while (items.hasNext()) {
              state.step();
              Object item = items.next();
              Object result = function.apply(item);
              if (keep == null) {
                return result;
              }
              if (Types.truth(result) == keep) {
                return item;
              }
            }
            return null;
          }
        });
  }
}
