// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * The processes that train one model together, seen from one of them.
 *
 * <p>A step of the loop is written once for any world: in a world of one every collective returns
 * its own input.
 *
 * <p>A collective is called by all ranks, in the same order, and returns when this rank has what it asked
 * for. What fails on one rank fails on all: with an error, not by waiting forever. A group is used by one
 * thread at a time.
 *
 * <p>An implementation has five collectives to write, four of tensors and one of bytes; the others are
 * made of these. Tensors are contiguous, of the types float32, float64 and int64, and on the device that
 * the implementation serves; any other is refused with an {@link IllegalArgumentException}. They have the
 * same shape and type on all ranks. They change in their own memory, also those that require a gradient,
 * and what is of another type, such as bfloat16, is never asked for its numbers.
 */
public interface ProcessGroup extends AutoCloseable {

  /** This process's number, from 0. */
  int rank();

  /** How many processes take part. */
  int worldSize();

  /** This process's number among those of its machine, from 0; by default the rank. */
  default int localRank() {
    return rank();
  }

  /** The number of this process's machine, from 0 in the order of the ranks; by default there is one. */
  default int nodeRank() {
    return 0;
  }

  /** Returns whether this process logs and saves for all. */
  default boolean isMain() {
    return rank() == 0;
  }

  /**
   * Returns whether this process is the one that speaks for others.
   *
   * @param onEachNode whether one process of each machine is meant; else it is {@link #isMain()}
   */
  default boolean isMain(boolean onEachNode) {
    return isMain() || (onEachNode && localRank() == 0);
  }

  /** What carries the tensors, as the argument {@code ddp_backend} calls it, such as {@code mpi}. */
  default String backend() {
    return getClass().getSimpleName();
  }

  /**
   * Gives all ranks what one of them has.
   *
   * @param array read on rank {@code root}, overwritten on all others
   * @param root the rank that gives
   */
  void broadcast(NDArray array, int root);

  /** Replaces an array by the sum over all ranks, which is the same on all to the bit. */
  void allReduce(NDArray array);

  /**
   * Gives each rank its part of the sum over all ranks.
   *
   * @param array of as many equal parts along its first dimension as there are ranks. This rank's part is
   *     replaced by the sum over all ranks; what the others hold afterwards is not defined
   * @throws IllegalArgumentException if the first dimension cannot be divided by the world size
   */
  void reduceScatter(NDArray array);

  /**
   * Gives all ranks the parts of all.
   *
   * @param array of as many equal parts along its first dimension as there are ranks. This rank's part is
   *     read, and the others are overwritten with what their ranks have
   * @throws IllegalArgumentException if the first dimension cannot be divided by the world size
   */
  void allGather(NDArray array);

  /** Returns the bytes of all ranks, by rank; they may be of any length, also of none. */
  List<byte[]> allGather(byte[] bytes);

  /**
   * Sets how long this rank waits for others in a collective, before the group ends the job, or the wait, with an error
   * that names those that did not come. By default as long as the implementation sees fit.
   */
  default void limitWaits(Duration timeout) {}

  /** Waits until all ranks are here. */
  default void barrier() {
    allGather(new byte[0]);
  }

  /** Returns the texts of all ranks, by rank. */
  default List<String> allGather(String text) {
    return allGather(text.getBytes(StandardCharsets.UTF_8)).stream()
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .toList();
  }

  /**
   * Returns the arrays of all ranks, by rank; each may have a shape and type of its own.
   *
   * @param array of any type that DJL has a name for, below 2 GiB. It is the element of this rank, not
   *     copied, and stays with its owner
   * @param manager the owner of the others, which are on the CPU
   */
  default List<NDArray> allGatherRagged(NDArray array, NDManager manager) {
    return worldSize() == 1 ? List.of(array) : RaggedArrays.gather(this, array, manager);
  }

  /**
   * Returns the sums over all processes, element by element.
   *
   * @throws IllegalStateException if another rank gives another number of values
   */
  default double[] sum(double... values) {
    return worldSize() == 1 ? values : Numbers.combine(this, values, Double::sum);
  }

  /**
   * Returns the greatest over all processes, element by element; NaN where one is NaN.
   *
   * @throws IllegalStateException if another rank gives another number of values
   */
  default double[] max(double... values) {
    return worldSize() == 1 ? values : Numbers.combine(this, values, Math::max);
  }

  /**
   * Work that may fail.
   *
   * @param <T> what comes of it
   * @param <E> what it fails with
   */
  @FunctionalInterface
  interface Work<T, E extends Exception> {
    /** Does it. */
    T run() throws E;
  }

  /**
   * Does work on the first process of each machine, and on the others when that is done, so that they find what it
   * has prepared: data that are downloaded, tokenized and kept in a folder. A collective, which all ranks call.
   *
   * <p>If it fails on one rank, it fails on all: there with its own error, elsewhere with an {@link
   * IllegalStateException} that names the rank.
   */
  default <T, E extends Exception> T mainProcessFirst(Work<T, E> work) throws E {
    return mainProcessFirst(true, work);
  }

  /**
   * The same.
   *
   * @param onEachNode false where machines share a disk: then only rank 0 comes first
   */
  default <T, E extends Exception> T mainProcessFirst(boolean onEachNode, Work<T, E> work)
      throws E {
    return MainFirst.run(this, onEachNode, work);
  }

  /**
   * Makes smaller groups of this one: ranks that give the same number are together in one, in the order of
   * their ranks here. A collective. {@code split(nodeRank())} gives the ranks of a machine, and {@code
   * split(localRank())} those of the same place on all machines.
   *
   * <p>Of this group and those made of it one is used at a time, by all ranks in the same order where they
   * have ranks in common. {@link #localRank()} and {@link #nodeRank()} are those of the group it was made of.
   *
   * @param color from 0
   * @return a new group, which the caller closes before this one
   * @throws UnsupportedOperationException if this implementation has no smaller groups
   */
  default ProcessGroup split(int color) {
    throw new UnsupportedOperationException(
        getClass().getName() + " cannot be split into smaller groups");
  }

  @Override
  void close();

  /** Returns the world of one process. */
  static ProcessGroup single() {
    return SingleProcess.INSTANCE;
  }

  /**
   * Returns the group that this process was launched in, as a {@link ProcessGroupProvider} tells; the world
   * of one process if there is none. The caller closes it.
   *
   * @throws IllegalStateException if several providers tell of a group; the message names them
   */
  static ProcessGroup launched() {
    return Providers.launched();
  }
}
