// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.process.ProcessGroup;
import java.util.List;

/** A group that another one does the work of; a test overrides what it wants to see or to be otherwise. */
public interface ForwardingGroup extends ProcessGroup {

  /** Returns the group that does the work. */
  ProcessGroup group();

  @Override
  default int rank() {
    return group().rank();
  }

  @Override
  default int worldSize() {
    return group().worldSize();
  }

  @Override
  default void broadcast(NDArray array, int root) {
    group().broadcast(array, root);
  }

  @Override
  default void allReduce(NDArray array) {
    group().allReduce(array);
  }

  @Override
  default void reduceScatter(NDArray array) {
    group().reduceScatter(array);
  }

  @Override
  default void allGather(NDArray array) {
    group().allGather(array);
  }

  @Override
  default List<byte[]> allGather(byte[] bytes) {
    return group().allGather(bytes);
  }

  @Override
  default void close() {
    group().close();
  }
}
