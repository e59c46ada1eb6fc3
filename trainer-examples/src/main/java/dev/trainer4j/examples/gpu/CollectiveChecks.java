// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.TorchEngine;
import dev.trainer4j.torch.TorchFunctions;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Every collective of a group, on tensors whose results are known. They are made by kernels right before, and read right
 * after: a collective that does not wait its turn among them shows.
 */
final class CollectiveChecks {

  private static final List<DataType> TYPES =
      List.of(DataType.FLOAT32, DataType.FLOAT64, DataType.INT64);

  private static final int[] SIZES = {1, 1000, 1 << 20};

  private final ProcessGroup group;
  private final NDManager manager;
  private final int ranks;
  private final int rank;
  private int checks;

  CollectiveChecks(ProcessGroup group, NDManager manager) {
    this.group = group;
    this.manager = manager;
    ranks = group.worldSize();
    rank = group.rank();
  }

  /**
   * Runs them all.
   *
   * @return how many checks held, and the speed of an all-reduce of so many megabytes
   * @throws IllegalStateException at the first that does not hold
   */
  Map<String, Double> run(int megabytes) {
    for (DataType type : TYPES) {
      for (int size : SIZES) {
        try (NDManager scope = manager.newSubManager()) {
          tensors(scope, type, size);
        }
      }
    }
    bytes();
    parts();
    double speed = speed(megabytes);
    return Map.of(
        "checks", (double) checks, "megabytes", (double) megabytes, "gigabytes_per_second", speed);
  }

  private void tensors(NDManager scope, DataType type, int size) {
    String of = " of " + size + " " + type;
    double all = ranks * (ranks + 1) / 2.0;
    NDArray sum = full(scope, type, size, rank + 1);
    group.allReduce(sum);
    equal("allReduce" + of, sum, all);
    for (int root = 0; root < ranks; root++) {
      NDArray given = full(scope, type, size, rank + 1);
      group.broadcast(given, root);
      equal("broadcast from " + root + of, given, root + 1);
    }
    NDArray scattered = full(scope, type, (long) ranks * size, rank + 1);
    group.reduceScatter(scattered);
    equal("reduceScatter" + of, part(scattered, rank, size), all);
    NDArray gathered = full(scope, type, (long) ranks * size, rank + 1);
    group.allGather(gathered);
    for (int other = 0; other < ranks; other++) {
      equal("allGather" + of, part(gathered, other, size), other + 1);
    }
  }

  private static NDArray full(NDManager scope, DataType type, long size, int value) {
    return scope.zeros(new Shape(size), type).addi(value - 1).addi(1);
  }

  private static NDArray part(NDArray array, int rank, int size) {
    return array.get((long) rank * size + ":" + (rank + 1L) * size);
  }

  private void equal(String what, NDArray array, double expected) {
    try (NDManager host = TorchEngine.get().newBaseManager(Device.cpu());
        NDArray ends = array.min().toType(DataType.FLOAT64, true);
        NDArray most = array.max().toType(DataType.FLOAT64, true)) {
      double low = TorchFunctions.toCpu(ends, host).getDouble();
      double high = TorchFunctions.toCpu(most, host).getDouble();
      require(
          low == expected && high == expected,
          what + " gives " + low + " to " + high + " and not " + expected);
    }
  }

  private void bytes() {
    List<String> texts = group.allGather("x".repeat(rank * 3));
    require(
        texts.equals(IntStream.range(0, ranks).mapToObj(i -> "x".repeat(i * 3)).toList()),
        "texts come as " + texts);
    double sum = group.sum(rank + 0.5)[0];
    require(sum == ranks * ranks / 2.0, "the sum of numbers is " + sum);
    group.barrier();
  }

  /** Each rank by itself, and all of them again: groups of their own. */
  private void parts() {
    try (ProcessGroup alone = group.split(rank);
        ProcessGroup again = group.split(0);
        NDManager scope = manager.newSubManager()) {
      NDArray own = full(scope, DataType.FLOAT32, 8, rank + 1);
      alone.allReduce(own);
      equal("allReduce of one rank", own, rank + 1);
      NDArray sum = full(scope, DataType.FLOAT32, 8, rank + 1);
      again.allReduce(sum);
      equal("allReduce of a part", sum, ranks * (ranks + 1) / 2.0);
    }
  }

  private double speed(int megabytes) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray array = scope.zeros(new Shape(megabytes * 250_000L));
      group.allReduce(array);
      long start = System.nanoTime();
      int rounds = 5;
      for (int i = 0; i < rounds; i++) {
        group.allReduce(array);
      }
      return rounds * megabytes / 1e3 / ((System.nanoTime() - start) / 1e9);
    }
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException("rank " + rank + ": " + otherwise);
    }
    checks++;
  }
}
