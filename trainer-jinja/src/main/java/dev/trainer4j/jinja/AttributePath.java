// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code "address.city"} or {@code "list.0"}, which filters take to look into elements. */
final class AttributePath {

  private final List<Object> parts = new ArrayList<>();
  private final @Nullable Object missing;
  private final boolean ignoreCase;

  /**
   * Reads a path.
   *
   * @param attribute names and numbers between dots, or an index; null or None for the element itself
   * @param missing what stands for an attribute that is not there; null or None for undefined
   */
  AttributePath(@Nullable Object attribute, @Nullable Object missing, boolean ignoreCase) {
    this.missing = missing == None.NONE ? null : missing;
    this.ignoreCase = ignoreCase;
    if (attribute == null || attribute == None.NONE) {
      return;
    }
    if (!Types.isText(attribute)) {
      parts.add(attribute);
      return;
    }
    for (String part : Types.text(attribute).split("\\.", -1)) {
      boolean number =
          !part.isEmpty() && part.length() < 10 && part.chars().allMatch(Character::isDigit);
      parts.add(number ? (Object) Long.parseLong(part) : part);
    }
  }

  Object of(Object element) {
    for (Object part : parts) {
      element = Attributes.item(element, part);
      if (missing != null && element instanceof Undefined) {
        element = missing;
      }
    }
    return ignoreCase ? ignoreCase(element) : element;
  }

  static Object ignoreCase(Object value) {
    return Types.isText(value) ? Strings.lower(Types.text(value)) : value;
  }
}
