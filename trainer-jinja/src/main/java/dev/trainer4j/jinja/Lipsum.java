// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** {@code lipsum}: paragraphs of words that mean nothing. */
final class Lipsum {

  private static final Signature SIGNATURE =
      Signature.of("generate_lorem_ipsum n= html= min= max=");

  private static final String[] WORDS =
      ("lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut"
              + " labore et dolore magna aliqua")
          .split(" ");

  private Lipsum() {}

  static Object call(State state, Args args) {
    @Nullable Object[] bound = SIGNATURE.bind(args);
    boolean html = Types.truth(Filters.or(bound, 1, true));
    long least = Types.index(Filters.or(bound, 2, 20L));
    long most = Math.max(least + 1, Types.index(Filters.or(bound, 3, 100L)));
    long paragraphs = Types.index(Filters.or(bound, 0, 5L));
    StringBuilder out = new StringBuilder();
    for (long i = 0; i < paragraphs; i++) {
      out.append(i == 0 ? "" : html ? "\n" : "\n\n").append(html ? "<p>" : "");
      long words = ThreadLocalRandom.current().nextLong(least, most);
      for (long word = 0; word < words; word++) {
        state.step();
        String next = WORDS[ThreadLocalRandom.current().nextInt(WORDS.length)];
        out.append(word == 0 ? "" : " ").append(word == 0 ? Strings.capitalize(next) : next);
        if (out.length() > state.limits.valueSize()) {
          state.grow(out.length());
        }
      }
      out.append('.').append(html ? "</p>" : "");
    }
    state.grow(out.length());
    return html ? new Markup(out.toString()) : out.toString();
  }
}
