// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDArray;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The type and the dimensions of one value of a sample; a number has no dimensions.
 *
 * @param type the type of the elements
 * @param dimensions the lengths, outermost first
 */
record ValueLayout(ElementType type, List<Integer> dimensions) {

  ValueLayout {
    dimensions = List.copyOf(dimensions);
  }

  /**
   * Finds the layout of a number, a boolean, a primitive array, a list of numbers, equally long
   * arrays or lists of these, or an NDArray.
   *
   * @throws IllegalArgumentException with the reason if it is something else; the caller adds where
   */
  static ValueLayout of(@Nullable Object value) {
    if (value == null) {
      throw new IllegalArgumentException("is null: fill it in, or drop the sample");
    }
    ElementType scalar = scalarType(value);
    if (scalar != null) {
      return new ValueLayout(scalar, List.of());
    }
    ElementType element = arrayType(value);
    if (element != null) {
      return new ValueLayout(element, List.of(Array.getLength(value)));
    }
    if (value instanceof NDArray array) {
      return NdArrayValue.layout(array);
    }
    if (value instanceof Object[] array) {
      return ofElements(Arrays.asList(array));
    }
    if (value instanceof List<?> list) {
      return ofElements(list);
    }
    throw new IllegalArgumentException(unsupported(value));
  }

  /** The same, but {@code like} itself where the value has it: most rows of a column are alike. */
  static ValueLayout of(@Nullable Object value, @Nullable ValueLayout like) {
    return like != null && like.fits(value) ? like : of(value);
  }

  /** Whether a value of one of the common types has this layout; false says nothing. */
  private boolean fits(@Nullable Object value) {
    if (value instanceof float[] floats) {
      return type == ElementType.FLOAT32 && isSequenceOf(floats.length);
    }
    if (value instanceof long[] longs) {
      return type == ElementType.INT64 && isSequenceOf(longs.length);
    }
    if (value instanceof int[] ints) {
      return type == ElementType.INT64 && isSequenceOf(ints.length);
    }
    return value instanceof Integer && type == ElementType.INT64 && dimensions.isEmpty();
  }

  private boolean isSequenceOf(int length) {
    return isSequence() && dimensions.get(0) == length;
  }

  private static ValueLayout ofElements(List<?> elements) {
    if (elements.isEmpty()) {
      return new ValueLayout(ElementType.INT64, List.of(0));
    }
    ValueLayout first = of(elements.get(0));
    ElementType type = first.type;
    for (int i = 1; i < elements.size(); i++) {
      ValueLayout next = of(elements.get(i));
      if (!next.dimensions.equals(first.dimensions)) {
        throw new IllegalArgumentException(
            String.format(
                "is ragged inside: its part 0 has the shape %s, its part %d has %s. Make the parts"
                    + " equally long",
                first.dimensions, i, next.dimensions));
      }
      type = common(type, next.type);
    }
    List<Integer> dimensions = new ArrayList<>(List.of(elements.size()));
    dimensions.addAll(first.dimensions);
    return new ValueLayout(type, dimensions);
  }

  static ElementType common(ElementType one, ElementType other) {
    if (!one.mixesWith(other)) {
      throw new IllegalArgumentException(
          String.format("mixes %s and %s values. Use one type", one.dataType, other.dataType));
    }
    return one == other ? one : ElementType.FLOAT32;
  }

  private static @Nullable ElementType scalarType(Object value) {
    if (value instanceof Boolean) {
      return ElementType.BOOLEAN;
    }
    if (value instanceof Float || value instanceof Double) {
      return ElementType.FLOAT32;
    }
    boolean whole =
        value instanceof Integer
            || value instanceof Long
            || value instanceof Short
            || value instanceof Byte;
    return whole ? ElementType.INT64 : null;
  }

  private static @Nullable ElementType arrayType(Object value) {
    if (value instanceof int[] || value instanceof long[]) {
      return ElementType.INT64;
    }
    if (value instanceof float[] || value instanceof double[]) {
      return ElementType.FLOAT32;
    }
    if (value instanceof byte[]) {
      return ElementType.UINT8;
    }
    return value instanceof boolean[] ? ElementType.BOOLEAN : null;
  }

  private static String unsupported(Object value) {
    if (value instanceof CharSequence) {
      return "is text, and a tensor holds numbers: tokenize it or turn it into a number when the"
          + " dataset makes the sample, or leave the field out";
    }
    return "is of type "
        + value.getClass().getName()
        + ": give numbers, booleans, arrays or lists of them, or NDArrays";
  }

  boolean isSequence() {
    return dimensions.size() == 1;
  }
}
