// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The collectives, and those that are made of others, in worlds of one and of threads. */
@Timeout(300)
class ProcessGroupTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void valuesOfAllRanksComeTogether(int worldSize) throws Exception {
    double sum = IntStream.range(0, worldSize).sum();
    InMemoryWorld.run(
        worldSize,
        group -> {
          int rank = group.rank();
          assertThat(group.worldSize()).isEqualTo(worldSize);
          assertThat(group.localRank()).isEqualTo(rank);
          assertThat(group.isMain()).isEqualTo(rank == 0);
          assertThat(group.sum(rank, 0.5)).containsExactly(sum, 0.5 * worldSize);
          assertThat(group.max(rank, -rank)).containsExactly(worldSize - 1, 0);
          assertThat(group.max(rank == 0 ? Double.NaN : 1)).containsExactly(Double.NaN);
          assertThat(group.sum()).isEmpty();
          assertThat(group.allGather("ä" + rank))
              .isEqualTo(IntStream.range(0, worldSize).mapToObj(i -> "ä" + i).toList());
          assertThat(group.allGather(new byte[rank]))
              .extracting(bytes -> bytes.length)
              .isEqualTo(IntStream.range(0, worldSize).boxed().toList());
          group.barrier();
        });
  }

  /** Float32 sums depend on their order: all ranks have those in the order of the ranks. */
  @Test
  void tensorsAreAddedUpInPlaceInTheOrderOfTheRanks() throws Exception {
    float[] parts = {1e8f, 1, -1e8f};
    float inOrder = parts[0] + parts[1] + parts[2];
    assertThat(inOrder).isNotEqualTo(parts[0] + parts[2] + parts[1]);
    InMemoryWorld.run(
        3,
        group -> {
          try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            int rank = group.rank();
            NDArray floats = manager.create(new float[] {parts[rank], rank}, new Shape(2, 1));
            group.allReduce(floats);
            assertThat(floats.toFloatArray()).containsExactly(inOrder, 3);
            NDArray doubles = manager.create(new double[] {0.1 * rank});
            group.allReduce(doubles);
            assertThat(doubles.toDoubleArray()).containsExactly(0.0 + 0.1 + 0.2);
            NDArray longs = manager.create(new long[] {1L << 40, -rank});
            group.allReduce(longs);
            assertThat(longs.toLongArray()).containsExactly(3L << 40, -3);
            NDArray scalar = manager.create((float) rank);
            group.allReduce(scalar);
            assertThat(scalar.getFloat()).isEqualTo(3);
            group.allReduce(manager.create(new Shape(0, 2)));
            assertThat(manager.getManagedArrays()).hasSize(5);
          }
        });
  }

  @Test
  void aTensorOfOneRankIsGivenToAllAlsoWhereItRequiresAGradient() throws Exception {
    InMemoryWorld.run(
        2,
        group -> {
          try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            NDArray weights = manager.create(new float[] {group.rank(), 5});
            weights.setRequiresGradient(true);
            group.broadcast(weights, 1);
            assertThat(weights.toFloatArray()).containsExactly(1, 5);
            group.broadcast(weights, 0);
            assertThat(weights.toFloatArray()).containsExactly(1, 5);
          }
        });
  }

  /** As a sharded update does: each rank owns the sum of a part, changes it, and all get all parts. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void partsOfASumAreOwnedAndGatheredAgain(int worldSize) throws Exception {
    InMemoryWorld.run(
        worldSize,
        group -> {
          try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            NDArray flat = manager.arange(2f * worldSize).add(100 * group.rank());
            group.reduceScatter(flat);
            int start = 2 * group.rank();
            NDArray own = flat.get(start + ":" + (start + 2));
            float ranks = 100 * IntStream.range(0, worldSize).sum();
            assertThat(own.toFloatArray())
                .containsExactly(worldSize * start + ranks, worldSize * (start + 1) + ranks);
            own.muli(0).addi(group.rank());
            group.allGather(flat);
            for (int part = 0; part < worldSize; part++) {
              assertThat(flat.getFloat(2L * part)).isEqualTo(part);
              assertThat(flat.getFloat(2L * part + 1)).isEqualTo(part);
            }
            assertThatIllegalArgumentException()
                .isThrownBy(() -> group.allGather(manager.create(new Shape(2 * worldSize + 1))))
                .withMessageContaining("equal parts");
          }
        });
  }

  @Test
  void arraysOfAnyShapeAndTypeAreGathered() throws Exception {
    List<List<String>> seen =
        InMemoryWorld.call(
            3,
            group -> {
              try (NDManager manager = NDManager.newBaseManager("PyTorch");
                  NDManager owner = NDManager.newBaseManager("PyTorch")) {
                NDArray own =
                    switch (group.rank()) {
                      case 0 ->
                          manager
                              .create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3))
                              .transpose();
                      case 1 -> manager.create(new Shape(0, 3), DataType.INT64);
                      default -> manager.create(new boolean[] {true, false});
                    };
                List<NDArray> all = group.allGatherRagged(own, owner);
                assertThat(all.get(group.rank())).isSameAs(own);
                assertThat(owner.getManagedArrays()).hasSize(2).doesNotContain(own);
                return all.stream()
                    .map(
                        array ->
                            array.getDataType()
                                + " "
                                + array.getShape()
                                + " "
                                + List.of(array.toArray()))
                    .toList();
              }
            });
    assertThat(seen.get(0))
        .containsExactly(
            "float32 (3, 2) [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]",
            "int64 (0, 3) []",
            "boolean (2) [1, 0]");
    assertThat(seen).containsOnly(seen.get(0));
  }

  @Test
  void arraysOfSixteenBitsAreGatheredWhereTheyCanBeRead() throws Exception {
    InMemoryWorld.run(
        2,
        group -> {
          try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            NDArray halves =
                manager.create(new float[] {0.5f, group.rank()}).toType(DataType.FLOAT16, true);
            List<NDArray> all = group.allGatherRagged(halves, manager);
            for (int rank = 0; rank < 2; rank++) {
              assertThat(all.get(rank).getDataType()).isEqualTo(DataType.FLOAT16);
              assertThat(all.get(rank).toType(DataType.FLOAT32, true).toFloatArray())
                  .containsExactly(0.5f, rank);
            }
            NDArray unreadable = Bfloat16.of(manager.create(1f), manager);
            assertThatIllegalArgumentException()
                .isThrownBy(() -> group.allGatherRagged(unreadable, manager))
                .withMessageContaining("turn it into float32 first");
          }
        });
  }

  @Test
  void ranksOfAMachineAndRanksOfTheSamePlaceFormGroups() throws Exception {
    InMemoryWorld.callOnNodes(
        2,
        3,
        group -> {
          int rank = group.rank();
          assertThat(group.nodeRank()).isEqualTo(rank / 3);
          assertThat(group.localRank()).isEqualTo(rank % 3);
          try (ProcessGroup node = group.split(group.nodeRank());
              ProcessGroup across = group.split(group.localRank())) {
            assertThat(node.worldSize()).isEqualTo(3);
            assertThat(node.rank()).isEqualTo(group.localRank());
            assertThat(node.sum(rank)).containsExactly(rank < 3 ? 3 : 12);
            assertThat(across.worldSize()).isEqualTo(2);
            assertThat(across.rank()).isEqualTo(group.nodeRank());
            assertThat(across.sum(rank)).containsExactly(2 * group.localRank() + 3);
            try (ProcessGroup alone = node.split(node.rank())) {
              assertThat(alone.allGather("a")).containsExactly("a");
            }
          }
          return group.sum(1)[0];
        });
    assertThat(ProcessGroup.single().split(7)).isSameAs(ProcessGroup.single());
  }

  @Test
  void aRankThatFailsEndsTheWaitsInSmallerGroups() {
    assertThatThrownBy(
            () ->
                InMemoryWorld.run(
                    4,
                    group -> {
                      try (ProcessGroup half = group.split(group.rank() / 2)) {
                        if (group.rank() == 3) {
                          throw new IllegalArgumentException("broken sample");
                        }
                        half.barrier();
                        half.barrier();
                      }
                    }))
        .hasMessage("broken sample");
  }

  /** Two machines of two ranks: the first of each prepares, or the first of all. */
  @Test
  void theFirstProcessPreparesAndTheOthersFindIt() throws Exception {
    for (boolean onEachNode : new boolean[] {true, false}) {
      List<String> order = Collections.synchronizedList(new ArrayList<>());
      List<Integer> results =
          InMemoryWorld.callOnNodes(
              2,
              2,
              group ->
                  group.mainProcessFirst(
                      onEachNode,
                      () -> {
                        order.add("rank " + group.rank());
                        return group.rank();
                      }));
      assertThat(results).containsExactly(0, 1, 2, 3);
      assertThat(order.subList(0, onEachNode ? 2 : 1))
          .containsExactlyInAnyOrderElementsOf(
              onEachNode ? List.of("rank 0", "rank 2") : List.of("rank 0"));
    }
  }

  /** Whoever fails throws its own error; the others are told, and those behind do not begin. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void whatFailsOnOneRankFailsOnAll(int failing) throws Exception {
    List<String> begun = Collections.synchronizedList(new ArrayList<>());
    List<Exception> errors =
        InMemoryWorld.call(
            3,
            group -> {
              try {
                group.mainProcessFirst(
                    false,
                    () -> {
                      begun.add("rank " + group.rank());
                      if (group.rank() == failing) {
                        throw new IOException("disk full");
                      }
                      return 1;
                    });
                throw new AssertionError("it went well");
              } catch (IOException | IllegalStateException e) {
                return e;
              }
            });
    for (int rank = 0; rank < 3; rank++) {
      assertThat(errors.get(rank))
          .hasMessage(rank == failing ? "disk full" : "rank " + failing + ": disk full");
    }
    assertThat(begun).hasSize(failing == 0 ? 1 : 3);
    assertThat(ProcessGroup.single().mainProcessFirst(() -> "alone")).isEqualTo("alone");
  }

  @Test
  void aWorldOfOneGivesBackWhatItGot() {
    ProcessGroup single = ProcessGroup.single();
    double[] values = {1, 2};
    assertThat(single.sum(values)).isSameAs(values);
    assertThat(single.max(values)).isSameAs(values);
    byte[] bytes = {3};
    assertThat(single.allGather(bytes).get(0)).isSameAs(bytes);
    assertThat(single.allGather("a")).containsExactly("a");
    single.barrier();
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray array = manager.create(new float[] {1, 2});
      single.allReduce(array);
      single.reduceScatter(array);
      single.allGather(array);
      single.broadcast(array, 0);
      assertThat(array.toFloatArray()).containsExactly(1, 2);
      assertThat(single.allGatherRagged(array, manager)).containsExactly(array);
      assertThat(manager.getManagedArrays()).hasSize(1);
    }
    single.close();
  }

  @Test
  void ranksThatGiveUnequallyManyNumbersFail() {
    assertThatThrownBy(() -> InMemoryWorld.run(2, group -> group.sum(new double[group.rank() + 1])))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("rank 1 gives 2 numbers where rank 0 gives 1");
  }
}
