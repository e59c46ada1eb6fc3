// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.torch.ValueRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Brings batches that are made in the host's memory to a device.
 *
 * <p>Copies from pinned memory are queued behind the work of the device, and nobody waits for them; libtorch keeps pinned
 * memory that is done with and gives it out again. Where the loader has threads, one more brings {@value #AHEAD} batches
 * ahead, so that what is there beside the batch in use does not grow with the workers.
 *
 * <p>The range of whole numbers is looked at on the way: see {@link ValueRange}.
 */
final class StagedBatchIterator extends QueuedBatchIterator {

  /** One that is being copied while the next one to be asked for is there. */
  private static final int AHEAD = 2;

  private final NDManager parent;
  private final NDManager hostManager;
  private final BatchIterator host;
  private final boolean pinned;

  private StagedBatchIterator(
      NDManager parent, DataLoaderOptions options, Function<NDManager, BatchIterator> batches) {
    super(options.workers() == 0 ? 0 : 1);
    this.parent = parent;
    pinned = options.pinMemory() && parent.getDevice().isGpu();
    hostManager = parent.newSubManager(Device.cpu());
    host = batches.apply(hostManager);
  }

  /**
   * Returns the batches of {@code batches} on the device of {@code parent}.
   *
   * @param batches makes them, owned by sub-managers of the one that it is given
   */
  static BatchIterator onDeviceOf(
      NDManager parent, DataLoaderOptions options, Function<NDManager, BatchIterator> batches) {
    return parent.getDevice().isGpu() ? staged(parent, options, batches) : batches.apply(parent);
  }

  /** The same, also if that device is the CPU. */
  static BatchIterator staged(
      NDManager parent, DataLoaderOptions options, Function<NDManager, BatchIterator> batches) {
    StagedBatchIterator staged = new StagedBatchIterator(parent, options, batches);
    if (staged.areThreads()) {
      staged.startMore();
    }
    return staged;
  }

  @Override
  void startMore() {
    int wanted = areThreads() ? AHEAD : 1;
    while (underWay() < wanted) {
      start(this::upload);
    }
  }

  private Optional<Batch> upload() {
    if (!host.hasNext()) {
      return Optional.empty();
    }
    try (Batch made = host.next()) {
      return Optional.of(onDevice(made));
    }
  }

  private Batch onDevice(Batch made) {
    NDManager manager = parent.newSubManager();
    try {
      List<String> names = new ArrayList<>(made.inputs().names());
      List<NDArray> arrays = names.stream().map(made.inputs()::get).toList();
      List<NDArray> there = TorchFunctions.upload(arrays, manager, pinned);
      ModelInputs inputs = ModelInputs.empty();
      for (int i = 0; i < names.size(); i++) {
        if (!arrays.get(i).getDevice().isGpu()) {
          ValueRange.note(manager, there.get(i), arrays.get(i));
        }
        inputs = inputs.with(names.get(i), there.get(i));
      }
      return new Batch(
          inputs, made.sampleCount(), manager, made.streamState(), made.roundSampleCount());
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }

  @Override
  void closeSource() {
    host.close();
    hostManager.close();
  }
}
