// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Host memory that holds the tensors of one checkpoint after the other.
 *
 * <p>Fresh memory costs more than the copy: the system has to find and clear every page of it while
 * training waits. So it is kept from one save to the next, which are alike, and filled by one native
 * call. A new snapshot overwrites the one before: that must be on disk.
 */
final class SnapshotMemory implements AutoCloseable {

  private final NDManager owner = NDManager.newBaseManager(Device.cpu(), "PyTorch");
  private final Map<String, Map<String, NDArray>> kept = new LinkedHashMap<>();

  SnapshotMemory() {
    owner.setName("snapshot for a checkpoint");
  }

  /**
   * Copies tensors.
   *
   * @param part tells the sets of tensors of one checkpoint apart
   * @return copies under the same names, valid until this part is copied again
   */
  Map<String, NDArray> copy(String part, Map<String, NDArray> arrays) {
    Map<String, NDArray> copies = kept.getOrDefault(part, Map.of());
    if (isLike(copies, arrays)) {
      List<NDArray> targets = List.copyOf(copies.values());
      List<NDArray> sources = new ArrayList<>();
      copies.keySet().forEach(name -> sources.add(Objects.requireNonNull(arrays.get(name))));
      TorchFunctions.copy(targets, sources);
      return copies;
    }
    copies.values().forEach(NDArray::close);
    kept.remove(part);
    Map<String, NDArray> fresh = new LinkedHashMap<>();
    kept.put(part, fresh); // First: if memory runs out half way, the next call closes this half.
    arrays.forEach((name, array) -> fresh.put(name, TorchFunctions.toCpu(array, owner)));
    return fresh;
  }

  private static boolean isLike(Map<String, NDArray> copies, Map<String, NDArray> arrays) {
    return copies.size() == arrays.size()
        && arrays.entrySet().stream()
            .allMatch(entry -> isLike(copies.get(entry.getKey()), entry.getValue()));
  }

  private static boolean isLike(@Nullable NDArray copy, NDArray array) {
    return copy != null
        && copy.getShape().equals(array.getShape())
        && copy.getDataType() == array.getDataType();
  }

  @Override
  public void close() {
    owner.close();
  }
}
