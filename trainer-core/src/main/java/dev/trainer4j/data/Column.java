// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The values of one field in all samples of a batch. */
final class Column {

  private final String field;
  private final List<Object> values;
  private final List<ValueLayout> layouts;

  Column(String field, int rows) {
    this.field = field;
    this.values = new ArrayList<>(rows);
    this.layouts = new ArrayList<>(rows);
  }

  String field() {
    return field;
  }

  void add(@Nullable Object value) {
    try {
      ValueLayout last = layouts.isEmpty() ? null : layouts.get(layouts.size() - 1);
      layouts.add(ValueLayout.of(value, last));
    } catch (IllegalArgumentException e) {
      throw wrong(String.format("of sample %d %s.", values.size(), e.getMessage()));
    }
    values.add(Objects.requireNonNull(value));
  }

  int rows() {
    return values.size();
  }

  /** The length of the sequence in a row. */
  int length(int row) {
    return layouts.get(row).dimensions().get(0);
  }

  /** Whether every row holds a sequence, of whatever length. */
  boolean isSequence() {
    return layouts.stream().allMatch(ValueLayout::isSequence);
  }

  int longest() {
    return layouts.stream().mapToInt(layout -> layout.dimensions().get(0)).max().orElse(0);
  }

  /** Stacks values of equal shape along a new first dimension. */
  NDArray stack(NDManager manager) {
    ValueLayout first = layouts.get(0);
    for (int row = 1; row < rows(); row++) {
      ValueLayout other = layouts.get(row);
      if (!other.dimensions().equals(first.dimensions())) {
        throw ragged(row);
      }
    }
    TensorBuffer buffer = allocate(manager, first.dimensions());
    for (Object value : values) {
      buffer.put(value);
    }
    return buffer.toArray();
  }

  /** Makes a matrix of sequences, each filled up to a width on one side. */
  NDArray pad(NDManager manager, int width, Number padding, boolean onTheLeft) {
    TensorBuffer buffer = allocate(manager, List.of(width));
    for (int row = 0; row < rows(); row++) {
      int missing = width - length(row);
      if (missing > 0 && !buffer.type().canHold(padding)) {
        throw wrong(
            String.format(
                "is padded with %s, which a tensor of type %s cannot hold. Choose another padding"
                    + " value.",
                padding, buffer.type().dataType));
      }
      buffer.fill(padding, onTheLeft ? missing : 0);
      buffer.put(values.get(row));
      buffer.fill(padding, onTheLeft ? 0 : missing);
    }
    return buffer.toArray();
  }

  private TensorBuffer allocate(NDManager manager, List<Integer> dimensions) {
    if (dimensions.contains(0)) {
      throw wrong("is empty in every sample. Drop such samples.");
    }
    long[] shape = new long[1 + dimensions.size()];
    shape[0] = rows();
    for (int i = 0; i < dimensions.size(); i++) {
      shape[i + 1] = dimensions.get(i);
    }
    try {
      return new TensorBuffer(manager, type(), new Shape(shape));
    } catch (IllegalArgumentException e) {
      throw wrong(e.getMessage() + ".");
    }
  }

  private ElementType type() {
    ElementType type = layouts.get(0).type();
    for (ValueLayout layout : layouts) {
      type = layout.type() == type ? type : ValueLayout.common(type, layout.type());
    }
    return type;
  }

  private IllegalArgumentException ragged(int row) {
    List<Integer> first = layouts.get(0).dimensions();
    List<Integer> other = layouts.get(row).dimensions();
    String remedy =
        isSequence()
            ? "Pad the sequences with a PaddingCollator."
            : "Make the samples equally large when the dataset makes them; PaddingCollator fills up"
                + " sequences of numbers only.";
    return wrong(
        String.format(
            "has %s in sample 0 of the batch but %s in sample %d. %s",
            describe(first), describe(other), row, remedy));
  }

  private static String describe(List<Integer> dimensions) {
    return switch (dimensions.size()) {
      case 0 -> "a single value";
      case 1 -> "length " + dimensions.get(0);
      default -> "shape " + dimensions;
    };
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException("Field '" + field + "' " + what);
  }
}
