// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * What is reduced and gathered at once: parameters one behind the other in a flat buffer, which is padded at
 * its end and cut into as many equal shares as there are ranks.
 */
public final class ShardUnit {

  private final List<FlatParameter> parameters;
  private final long[] offsets;
  private final long elements;
  private final int worldSize;

  /**
   * Lays parameters out.
   *
   * @param parameters at least one, all of one type
   * @throws IllegalArgumentException if there is none, or if types differ
   */
  public ShardUnit(List<FlatParameter> parameters, int worldSize) {
    if (parameters.isEmpty() || worldSize < 1) {
      throw new IllegalArgumentException(
          parameters.size()
              + " parameters for "
              + worldSize
              + " ranks; there must be one at least");
    }
    this.parameters = List.copyOf(parameters);
    this.worldSize = worldSize;
    offsets = new long[parameters.size()];
    long end = 0;
    for (int i = 0; i < offsets.length; i++) {
      requireType(parameters.get(i));
      offsets[i] = end;
      end += parameters.get(i).size();
    }
    elements = end;
  }

  private void requireType(FlatParameter parameter) {
    if (parameter.type() != type()) {
      throw new IllegalArgumentException(
          "parameter %s is %s, but %s of the same unit is %s"
              .formatted(parameter.name(), parameter.type(), parameters.get(0).name(), type()));
    }
  }

  /** Returns the parameters, in the order of the buffer. */
  public List<FlatParameter> parameters() {
    return parameters;
  }

  /** Returns where parameter {@code index} begins in the buffer, in elements. */
  public long offset(int index) {
    return offsets[index];
  }

  /** Returns the type of all elements. */
  public DataType type() {
    return parameters.get(0).type();
  }

  /** Returns the elements of the parameters, without padding. */
  public long elements() {
    return elements;
  }

  /** Returns the elements of a rank's share. */
  public long shareSize() {
    return (elements + worldSize - 1) / worldSize;
  }

  /** Returns the elements of the buffer, with padding: those of all shares. */
  public long size() {
    return shareSize() * worldSize;
  }

  /** Returns the bytes of the buffer. */
  public long bytes() {
    return size() * type().getNumOfBytes();
  }

  /** Returns the slices that a rank owns, in the order of its share; none where it has only padding. */
  public List<ShardSlice> slices(int rank) {
    long from = rank * shareSize();
    long to = from + shareSize();
    List<ShardSlice> slices = new ArrayList<>();
    for (int i = 0; i < offsets.length; i++) {
      long start = Math.max(from, offsets[i]);
      long end = Math.min(to, offsets[i] + parameters.get(i).size());
      if (start < end) {
        slices.add(
            new ShardSlice(parameters.get(i), start - offsets[i], end - offsets[i], start - from));
      }
    }
    return slices;
  }
}
