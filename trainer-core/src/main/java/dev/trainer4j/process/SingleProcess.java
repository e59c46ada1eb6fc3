// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** A world of one: collectives have nothing to collect. */
enum SingleProcess implements ProcessGroup {
  INSTANCE;

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int worldSize() {
    return 1;
  }

  @Override
  public String backend() {
    return "none";
  }

  @Override
  public void broadcast(NDArray array, int root) {}

  @Override
  public void allReduce(NDArray array) {}

  @Override
  public void reduceScatter(NDArray array) {}

  @Override
  public void allGather(NDArray array) {}

  @Override
  public List<byte[]> allGather(byte[] bytes) {
    return List.of(bytes);
  }

  @Override
  public void barrier() {}

  @Override
  public List<String> allGather(String text) {
    return List.of(text);
  }

  @Override
  public ProcessGroup split(int color) {
    return this;
  }

  @Override
  public void close() {}
}
