// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.List;

/**
 * What a template made of a conversation.
 *
 * @param text the text
 * @param spans where the {@code generation} blocks are in it, in the order in which they ended
 */
public record Rendered(String text, List<Span> spans) {

  /** Takes a copy of the list. */
  public Rendered {
    spans = List.copyOf(spans);
  }

  /**
   * The place of a {@code generation} block. As in the reference, a block that a macro writes is placed
   * where the call of the macro is: give macros' calls a block, not their bodies.
   *
   * @param begin the index of its first character in {@link Rendered#text}, in UTF-16 units as all of
   *     Java's; the reference counts code points
   * @param end the index behind its last character
   * @param codePointBegin {@code begin}, in code points
   * @param codePointEnd {@code end}, in code points
   */
  public record Span(int begin, int end, int codePointBegin, int codePointEnd) {

    static Span of(String text, int codePointBegin, int codePointEnd) {
      int points = text.codePointCount(0, text.length());
      int begin = text.offsetByCodePoints(0, Math.min(codePointBegin, points));
      int length = Math.min(codePointEnd, points) - Math.min(codePointBegin, points);
      return new Span(begin, text.offsetByCodePoints(begin, length), codePointBegin, codePointEnd);
    }
  }
}
