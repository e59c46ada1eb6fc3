// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The arguments of a call. */
final class Args {

  static final Args NONE = new Args(new Object[0], Map.of());

  final Object[] positional;
  final Map<String, Object> named;

  Args(Object[] positional, Map<String, Object> named) {
    this.positional = positional;
    this.named = named;
  }

  int count() {
    return positional.length;
  }

  @Nullable Object get(int index) {
    return index < positional.length ? positional[index] : null;
  }

  Args from(int index) {
    return new Args(Arrays.copyOfRange(positional, index, positional.length), named);
  }

  Args before(Object first) {
    Object[] all = new Object[positional.length + 1];
    all[0] = first;
    System.arraycopy(positional, 0, all, 1, positional.length);
    return new Args(all, named);
  }

  Args with(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(named);
    more.put(name, value);
    return new Args(positional, more);
  }

  /** Refuses names, and another number of arguments, as Python's own methods do. */
  Args plain(String function, int least, int most) {
    if (!named.isEmpty()) {
      throw PyError.type(function + "() takes no keyword arguments");
    }
    if (count() >= least && count() <= most) {
      return this;
    }
    if (most == 0) {
      throw PyError.type(function + "() takes no arguments (" + count() + " given)");
    }
    if (least == most && most == 1) {
      throw PyError.type(function + "() takes exactly one argument (" + count() + " given)");
    }
    if (least == 1 && most == 3 && count() < least) {
      throw PyError.type(
          function.substring(function.indexOf('.') + 1) + "() takes at least 1 argument (0 given)");
    }
    String bare = function.substring(function.lastIndexOf('.') + 1);
    boolean few = count() < least;
    int bound = few ? least : most;
    throw PyError.type(
        bare
            + " expected "
            + (least == most ? "" : few ? "at least " : "at most ")
            + bound
            + " argument"
            + (bound == 1 ? "" : "s")
            + ", got "
            + count());
  }
}
