// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.TorchFunctions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A rank that checks what collectives do, and says so at the end. */
public final class CollectivesMain {

  private CollectivesMain() {}

  /** Runs in every rank. */
  public static void main(String[] args) {
    for (int round = 0; round < 2; round++) { // A program may build one trainer after another.
      try (ProcessGroup group = ProcessGroup.launched();
          NDManager manager = NDManager.newBaseManager("PyTorch")) {
        assertThat(group).isInstanceOf(MpiProcessGroup.class);
        sums(group, manager);
        halves(group, manager);
        parts(group, manager);
        broadcasts(group, manager);
        bytes(group, manager);
        smallerGroups(group);
        refusals(group, manager);
        disagreements(group, manager);
        group.barrier();
      }
    }
    System.out.println("all is well");
  }

  private static void sums(ProcessGroup group, NDManager manager) {
    int n = group.worldSize();
    long ranks = (long) n * (n - 1) / 2;
    NDArray floats = manager.create(new float[] {1e-3f * group.rank(), 1, group.rank()});
    group.allReduce(floats);
    assertThat(floats.toFloatArray()).containsExactly(floats.getFloat(0), n, ranks);
    List<String> bits = group.allGather(Arrays.toString(floats.toFloatArray()));
    assertThat(bits).containsOnly(bits.get(0));
    NDArray doubles = manager.create(new double[][] {{0.5, group.rank()}, {-1, 1e300}});
    group.allReduce(doubles);
    assertThat(doubles.toDoubleArray()).containsExactly(0.5 * n, ranks, -n, n * 1e300);
    NDArray longs = manager.create(new long[] {(1L << 40) + group.rank()});
    group.allReduce(longs);
    assertThat(longs.toLongArray()).containsExactly(n * (1L << 40) + ranks);
    NDArray many = manager.arange(100_003f).toType(DataType.FLOAT64, true);
    group.allReduce(many);
    double[] sums = many.toDoubleArray();
    assertThat(IntStream.range(0, sums.length).allMatch(i -> sums[i] == (double) n * i)).isTrue();
    NDArray scalar = manager.create((float) group.rank());
    group.allReduce(scalar);
    assertThat(scalar.getFloat()).isEqualTo(ranks);
    group.allReduce(manager.create(new Shape(0, 2)));
  }

  /** 256 + 1 is no number of bfloat16, nor 2048 + 1 one of float16: a sum of three is rounded once, to even. */
  private static void halves(ProcessGroup group, NDManager manager) {
    int n = group.worldSize();
    for (HalfType type : HalfType.values()) {
      int first = type == HalfType.BFLOAT16 ? 256 : 2048;
      NDArray sums = half(manager, type, group.rank() == 0 ? first : 1);
      group.allReduce(sums);
      int exact = first + n - 1;
      assertThat(full(sums)).containsOnly(exact % 4 == 1 ? exact - 1 : exact + exact % 2);
      group.reduceScatter(sums);
      NDArray given = half(manager, type, group.rank());
      group.broadcast(given, n - 1);
      assertThat(full(given)).containsOnly(n - 1);
      NDArray gathered = half(manager, type, group.rank());
      group.allGather(gathered);
      assertThat(full(gathered)).startsWith(0, 0).endsWith(n - 1, n - 1);
    }
  }

  /** Two for each rank. */
  private static NDArray half(NDManager manager, HalfType type, int value) {
    try (NDArray numbers = manager.full(new Shape(24), value)) {
      return TorchFunctions.toHalf(numbers, type, manager);
    }
  }

  private static float[] full(NDArray array) {
    return TorchFunctions.toFloat32(array).toFloatArray();
  }

  private static void parts(ProcessGroup group, NDManager manager) {
    int n = group.worldSize();
    for (int length : new int[] {1, 5, 1000, 40_000}) { // The last in pieces.
      NDArray flat = manager.arange((float) length * n).add(1000f * group.rank());
      group.reduceScatter(flat);
      int start = length * group.rank();
      float ranks = 1000f * n * (n - 1) / 2;
      NDArray own = flat.get(start + ":" + (start + length));
      float[] sums = own.toFloatArray();
      for (int i = 0; i < length; i++) {
        assertThat(sums[i]).isEqualTo(n * (float) (start + i) + ranks);
      }
      own.muli(0).addi(group.rank());
      group.allGather(flat);
      float[] all = flat.toFloatArray();
      for (int i = 0; i < all.length; i++) {
        assertThat(all[i]).isEqualTo((float) (i / length));
      }
    }
    NDArray table = manager.ones(new Shape(n, 2, 3), DataType.FLOAT64);
    group.reduceScatter(table);
    assertThat(table.get(group.rank()).sum().getDouble()).isEqualTo(6.0 * n);
    group.allGather(manager.create(new Shape(0, 7)));
  }

  private static void broadcasts(ProcessGroup group, NDManager manager) {
    for (int root = 0; root < group.worldSize(); root++) {
      NDArray weights = manager.create(new float[] {group.rank(), 5, 6, 7, 8, 9, 10});
      weights.setRequiresGradient(true);
      group.broadcast(weights, root);
      assertThat(weights.toFloatArray()).containsExactly(root, 5, 6, 7, 8, 9, 10);
      NDArray longs = manager.create(new long[] {Long.MAX_VALUE - group.rank()});
      group.broadcast(longs, root);
      assertThat(longs.toLongArray()).containsExactly(Long.MAX_VALUE - root);
    }
  }

  private static void bytes(ProcessGroup group, NDManager manager) {
    int n = group.worldSize();
    for (int length : new int[] {0, 1, 239, 240, 241, 1000}) {
      List<byte[]> all = group.allGather(new byte[length * group.rank()]);
      assertThat(all).hasSize(n);
      for (int rank = 0; rank < n; rank++) {
        assertThat(all.get(rank)).hasSize(length * rank);
      }
    }
    assertThat(group.allGather("ä" + "x".repeat(100 * group.rank())))
        .isEqualTo(IntStream.range(0, n).mapToObj(i -> "ä" + "x".repeat(100 * i)).toList());
    assertThat(group.sum(group.rank(), 0.5)).containsExactly(n * (n - 1) / 2.0, 0.5 * n);
    assertThat(group.max(group.rank() == 1 ? Double.NaN : 1)).containsExactly(Double.NaN);
    NDArray own = manager.ones(new Shape(group.rank(), 2), DataType.INT32);
    List<NDArray> all = group.allGatherRagged(own, manager);
    assertThat(all).extracting(NDArray::getShape).last().isEqualTo(new Shape(n - 1, 2));
    assertThat(new Agreement(group).firstProblem(group.rank() == n - 1 ? "disk full" : null))
        .isEqualTo("rank " + (n - 1) + ": disk full");
  }

  private static void smallerGroups(ProcessGroup group) {
    assertThat(group.localRank()).isEqualTo(group.rank());
    assertThat(group.nodeRank()).isZero();
    try (ProcessGroup node = group.split(group.nodeRank());
        ProcessGroup place = group.split(group.localRank());
        ProcessGroup half = group.split(group.rank() % 2)) {
      assertThat(node.worldSize()).isEqualTo(group.worldSize());
      assertThat(place.worldSize()).isEqualTo(1);
      assertThat(half.rank()).isEqualTo(group.rank() / 2);
      assertThat(half.allGather("r" + group.rank()))
          .allSatisfy(
              text ->
                  assertThat(Integer.parseInt(text.substring(1)) % 2).isEqualTo(group.rank() % 2));
      assertThat(place.sum(3)).containsExactly(3);
    }
  }

  private static void refusals(ProcessGroup group, NDManager manager) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> group.allReduce(manager.create(new int[] {1})))
        .withMessageContaining("int32 cannot be exchanged");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> group.allGather(manager.create(new Shape(group.worldSize() + 1))))
        .withMessageContaining("equal parts");
    assertThatThrownBy(() -> group.broadcast(manager.create(1f), group.worldSize()))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  /** All ranks learn of it, and the group goes on. */
  private static void disagreements(ProcessGroup group, NDManager manager) {
    boolean last = group.rank() == group.worldSize() - 1;
    assertThatThrownBy(() -> group.allReduce(manager.create(new Shape(last ? 3 : 2))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll(
            "rank 0 is in allReduce of float32 [2]",
            "rank " + (group.worldSize() - 1) + " in allReduce of float32 [3]");
    assertThatThrownBy(
            () -> {
              if (last) {
                group.barrier();
              } else {
                group.broadcast(manager.create(1f), 0);
              }
            })
        .hasMessageContainingAll("rank 0 is in broadcast from rank 0", "in allGather of bytes");
  }
}
