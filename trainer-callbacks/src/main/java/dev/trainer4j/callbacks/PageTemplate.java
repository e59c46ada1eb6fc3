// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The template of a page, in the part of Mustache that ours needs: {@code {{name}}} is escaped, {@code {{{name}}}} is not,
 * {@code {{#name}}...{{/name}}} is there for each element of a list, or if there is something, {@code {{^name}}...} if there is
 * nothing, and {@code {{.}}} is the element itself.
 *
 * <p>No library, because frameworks look for template engines on the class path and then use them for views.
 */
final class PageTemplate {

  private static final Pattern TAG =
      Pattern.compile("\\{\\{\\{(\\w+)}}}|\\{\\{([#^/]?)(\\.|\\w+)}}");

  /** A part of a page. */
  private interface Part {
    void write(Deque<Object> scopes, StringBuilder page);
  }

  private final List<Part> parts;

  private PageTemplate(List<Part> parts) {
    this.parts = parts;
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException if a section is not closed, or another one is
   */
  static PageTemplate parse(String text) {
    Matcher tags = TAG.matcher(text);
    int[] at = {0};
    List<Part> parts = parts(text, tags, at, "");
    return new PageTemplate(parts);
  }

  private static List<Part> parts(String text, Matcher tags, int[] at, String section) {
    List<Part> parts = new ArrayList<>();
    while (tags.find()) {
      String before = text.substring(at[0], tags.start());
      parts.add((scopes, page) -> page.append(before));
      at[0] = tags.end();
      String raw = tags.group(1);
      if (raw != null) {
        parts.add((scopes, page) -> page.append(text(find(scopes, raw))));
        continue;
      }
      String name = tags.group(3);
      switch (tags.group(2)) {
        case "/" -> {
          if (!name.equals(section)) {
            throw new IllegalArgumentException("{{/" + name + "}} ends {{#" + section + "}}");
          }
          return parts;
        }
        case "#", "^" -> {
          boolean wanted = tags.group(2).equals("#");
          List<Part> inner = parts(text, tags, at, name);
          parts.add((scopes, page) -> section(find(scopes, name), wanted, inner, scopes, page));
        }
        default -> parts.add((scopes, page) -> escape(text(find(scopes, name)), page));
      }
    }
    if (!section.isEmpty()) {
      throw new IllegalArgumentException("{{#" + section + "}} does not end");
    }
    String rest = text.substring(at[0]);
    parts.add((scopes, page) -> page.append(rest));
    return parts;
  }

  private static void section(
      Object value, boolean wanted, List<Part> inner, Deque<Object> scopes, StringBuilder page) {
    if (value instanceof List<?> list && wanted) {
      for (Object element : list) {
        scopes.push(element);
        inner.forEach(part -> part.write(scopes, page));
        scopes.pop();
      }
    } else if (isSomething(value) == wanted) {
      inner.forEach(part -> part.write(scopes, page));
    }
  }

  private static boolean isSomething(Object value) {
    if (value instanceof List<?> list) {
      return !list.isEmpty();
    }
    return !value.equals(false) && !value.equals("");
  }

  /** Looks into the element, then into what is around it. */
  private static Object find(Deque<Object> scopes, String name) {
    if (name.equals(".")) {
      return scopes.element();
    }
    for (Iterator<Object> inward = scopes.iterator(); inward.hasNext(); ) {
      @Nullable Object value = inward.next() instanceof Map<?, ?> map ? map.get(name) : null;
      if (value != null) {
        return value;
      }
    }
    throw new IllegalArgumentException("the page has no value {{" + name + "}}");
  }

  private static String text(Object value) {
    return value.toString();
  }

  /** Also what would end an attribute, quoted or not. */
  private static void escape(String text, StringBuilder page) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> page.append("&amp;");
        case '<' -> page.append("&lt;");
        case '>' -> page.append("&gt;");
        case '"' -> page.append("&quot;");
        case '\'' -> page.append("&#39;");
        case '`' -> page.append("&#x60;");
        case '=' -> page.append("&#x3D;");
        default -> page.append(c);
      }
    }
  }

  /** Returns the page with these values. */
  String fill(Map<String, ?> values) {
    StringBuilder page = new StringBuilder();
    Deque<Object> scopes = new ArrayDeque<>();
    scopes.push(values);
    parts.forEach(part -> part.write(scopes, page));
    return page.toString();
  }
}
