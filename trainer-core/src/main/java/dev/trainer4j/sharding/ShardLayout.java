// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which rank owns which slice of which parameter. It follows from the parameters, their order and the number
 * of ranks alone, so that every rank knows what all of them own.
 */
public final class ShardLayout {

  /**
   * A slice and the rank that owns it.
   *
   * @param rank from 0
   */
  public record Owned(int rank, ShardSlice slice) {}

  private final List<ShardUnit> units;
  private final List<List<ShardSlice>> slices;
  private final Map<String, List<Owned>> owners = new LinkedHashMap<>();
  private final int rank;
  private final int worldSize;

  private ShardLayout(List<ShardUnit> units, int rank, int worldSize) {
    this.units = List.copyOf(units);
    this.rank = rank;
    this.worldSize = worldSize;
    slices = units.stream().map(unit -> unit.slices(rank)).toList();
    for (ShardUnit unit : units) {
      for (FlatParameter parameter : unit.parameters()) {
        if (owners.put(parameter.name(), new ArrayList<>()) != null) {
          throw new IllegalArgumentException(
              "parameter " + parameter.name() + " is in a layout twice");
        }
      }
      for (int owner = 0; owner < worldSize; owner++) {
        for (ShardSlice slice : unit.slices(owner)) {
          owners(slice.parameter().name()).add(new Owned(owner, slice));
        }
      }
    }
  }

  /**
   * Lays parameters out in units that are given, such as those of a segment each.
   *
   * @param units each of at least one parameter, all of one type within a unit
   * @param rank of this process
   */
  public static ShardLayout of(List<List<FlatParameter>> units, int rank, int worldSize) {
    return new ShardLayout(
        units.stream().map(parameters -> new ShardUnit(parameters, worldSize)).toList(),
        rank,
        worldSize);
  }

  /**
   * Lays parameters out in buckets: in their order, as many whole parameters in each as fit. A parameter that
   * is larger than a bucket has one of its own.
   *
   * @param bucketBytes of the parameters of a bucket, without padding
   * @param rank of this process
   */
  public static ShardLayout buckets(
      List<FlatParameter> parameters, long bucketBytes, int rank, int worldSize) {
    List<List<FlatParameter>> buckets = new ArrayList<>();
    long left = 0;
    FlatParameter before = null;
    for (FlatParameter parameter : parameters) {
      long bytes = parameter.size() * parameter.type().getNumOfBytes();
      if (before == null || bytes > left || before.type() != parameter.type()) {
        buckets.add(new ArrayList<>());
        left = bucketBytes;
      }
      buckets.get(buckets.size() - 1).add(parameter);
      left -= bytes;
      before = parameter;
    }
    return of(buckets, rank, worldSize);
  }

  /** Returns the units, in the order in which they are reduced and gathered. */
  public List<ShardUnit> units() {
    return units;
  }

  /** Returns this process's number. */
  public int rank() {
    return rank;
  }

  /** Returns how many ranks share. */
  public int worldSize() {
    return worldSize;
  }

  /** Returns what this rank owns of unit {@code unit}, in the order of its share. */
  public List<ShardSlice> slices(int unit) {
    return slices.get(unit);
  }

  /** Returns what this rank owns, unit by unit. */
  public List<ShardSlice> slices() {
    return slices.stream().flatMap(List::stream).toList();
  }

  /** Returns all parameters, unit by unit. */
  public List<FlatParameter> parameters() {
    return units.stream().flatMap(unit -> unit.parameters().stream()).toList();
  }

  /**
   * Returns who owns a parameter, in the order of its elements: each range once, and none missing; nobody if
   * it has no elements.
   *
   * @throws IllegalArgumentException if the layout has no such parameter
   */
  public List<Owned> owners(String name) {
    List<Owned> found = owners.get(name);
    if (found == null) {
      throw new IllegalArgumentException("parameter " + name + " is not in the layout");
    }
    return found;
  }

  /** Returns the elements of all shares of a rank. */
  public long shareSize() {
    return units.stream().mapToLong(ShardUnit::shareSize).sum();
  }
}
