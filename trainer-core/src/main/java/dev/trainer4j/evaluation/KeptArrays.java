// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Named arrays of many batches, moved to the CPU one by one and joined at the end. */
final class KeptArrays {

  private static final float PADDING = -100f;

  private final NDManager owner;
  private final Map<String, List<NDArray>> kept = new LinkedHashMap<>();

  KeptArrays(NDManager owner) {
    this.owner = owner;
  }

  /** Keeps a batch's arrays beyond its scope; they are joined along their first dimension. */
  void add(Map<String, NDArray> batch) {
    batch.forEach(
        (name, array) ->
            kept.computeIfAbsent(name, n -> new ArrayList<>())
                .add(TorchFunctions.toCpu(array, owner)));
  }

  /** Returns each name's batches as one array; shorter rows are filled with -100. */
  Map<String, NDArray> joined() {
    Map<String, NDArray> result = new LinkedHashMap<>();
    try (ArrayScope scope = ArrayScope.open()) {
      kept.forEach((name, batches) -> result.put(name, join(name, batches)));
    }
    kept.values().forEach(batches -> batches.forEach(NDArray::close));
    kept.clear();
    return result;
  }

  private NDArray join(String name, List<NDArray> batches) {
    long[] largest = batches.get(0).getShape().getShape().clone();
    boolean ragged = false;
    for (NDArray batch : batches) {
      long[] shape = batch.getShape().getShape();
      if (shape.length != largest.length || shape.length == 0) {
        throw new IllegalArgumentException(
            "cannot join '"
                + name
                + "' over the batches: their shapes are "
                + new Shape(largest)
                + " and "
                + batch.getShape()
                + "; expected [batch, ...] with as many dimensions in every batch");
      }
      for (int i = 1; i < shape.length; i++) {
        ragged |= shape[i] != largest[i];
        largest[i] = Math.max(largest[i], shape[i]);
      }
    }
    NDList parts = new NDList(batches.size());
    for (NDArray batch : batches) {
      parts.add(ragged ? padded(batch, largest) : batch);
    }
    return ArrayScope.keep(NDArrays.concat(parts, 0), owner);
  }

  private NDArray padded(NDArray batch, long[] largest) {
    long[] target = largest.clone();
    target[0] = batch.getShape().get(0);
    NDArray wide = owner.full(new Shape(target), PADDING, batch.getDataType());
    StringBuilder index = new StringBuilder();
    for (long size : batch.getShape().getShape()) {
      index.append(index.length() == 0 ? "" : ", ").append(":").append(size);
    }
    wide.set(new NDIndex(index.toString()), batch);
    return wide;
  }
}
