// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Shows which samples a batch has, by their field {@code number}, and where it stands. */
final class NumberedCollator implements DataCollator<Map<String, Integer>> {

  @Override
  public ModelInputs collate(List<Map<String, Integer>> samples, NDManager manager) {
    throw new AssertionError("the loader knows the position");
  }

  @Override
  public ModelInputs collate(
      List<Map<String, Integer>> samples, NDManager manager, BatchPosition position) {
    long[] numbers = samples.stream().mapToLong(sample -> sample.get("number")).toArray();
    return ModelInputs.of("number", manager.create(numbers))
        .with("position", manager.create(position.firstSample()));
  }

  static List<Long> numbers(Batch batch) {
    return batch.isEmpty()
        ? List.of()
        : LongStream.of(batch.inputs().get("number").toLongArray()).boxed().toList();
  }

  static long position(Batch batch) {
    return batch.inputs().get("position").getLong();
  }
}
