// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a function that Python defines with {@code def}.
 *
 * @param function its name, for messages
 * @param hidden how many parameters come before the first of these, and are not the template's
 * @param parameters the names; those from {@code required} on have defaults
 * @param required the number of those without a default
 */
record Signature(String function, int hidden, List<String> parameters, int required) {

  /** Reads {@code "do_indent s width= first="}: an equals sign marks a default, {@code +} a hidden one. */
  static Signature of(String text) {
    List<String> names = new ArrayList<>();
    int required = 0;
    int hidden = 0;
    String[] words = text.split(" ");
    for (int i = 1; i < words.length; i++) {
      if (words[i].equals("+")) {
        hidden++;
      } else if (words[i].endsWith("=")) {
        names.add(words[i].substring(0, words[i].length() - 1));
      } else {
        names.add(words[i]);
        required++;
      }
    }
    return new Signature(words[0], hidden, List.copyOf(names), required);
  }

  /** Returns an argument for each parameter, null where the default holds. */
  @Nullable Object[] bind(Args args) {
    int most = parameters.size();
    @Nullable Object[] bound = new Object[most];
    int given = args.count();
    if (given > most) {
      throw PyError.type(tooMany(given));
    }
    System.arraycopy(args.positional, 0, bound, 0, given);
    for (Map.Entry<String, Object> named : args.named.entrySet()) {
      int index = parameters.indexOf(named.getKey());
      if (index < 0) {
        throw PyError.type(
            function + "() got an unexpected keyword argument " + Text.quote(named.getKey()));
      }
      if (bound[index] != null) {
        throw PyError.type(
            function + "() got multiple values for argument " + Text.quote(named.getKey()));
      }
      bound[index] = named.getValue();
    }
    List<String> missing = new ArrayList<>();
    for (int i = 0; i < required; i++) {
      if (bound[i] == null) {
        missing.add(Text.quote(parameters.get(i)));
      }
    }
    if (!missing.isEmpty()) {
      throw PyError.type(missing(missing));
    }
    return bound;
  }

  private String tooMany(int given) {
    int least = required + hidden;
    int most = parameters.size() + hidden;
    return function
        + "() takes "
        + (least == most ? "" : "from " + least + " to ")
        + most
        + " positional argument"
        + (most == 1 ? "" : "s")
        + " but "
        + (given + hidden)
        + (given + hidden == 1 ? " was" : " were")
        + " given";
  }

  private String missing(List<String> names) {
    int last = names.size() - 1;
    String list =
        last == 0
            ? names.get(0)
            : String.join(", ", names.subList(0, last))
                + (last > 1 ? "," : "")
                + " and "
                + names.get(last);
    return function
        + "() missing "
        + names.size()
        + " required positional argument"
        + (last == 0 ? "" : "s")
        + ": "
        + list;
  }
}
