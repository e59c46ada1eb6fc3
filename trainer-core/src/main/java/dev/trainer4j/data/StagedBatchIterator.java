// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.torch.ValueRange;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
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
final class StagedBatchIterator implements BatchIterator {

  /** One that is being copied while the next one to be asked for is there. */
  private static final int AHEAD = 2;

  private final NDManager parent;
  private final NDManager hostManager;
  private final BatchIterator host;
  private final boolean pinned;
  private final Workers uploads;
  private final Deque<FutureTask<Optional<Batch>>> underWay = new ArrayDeque<>();
  private volatile boolean closed;

  private StagedBatchIterator(
      NDManager parent, DataLoaderOptions options, Function<NDManager, BatchIterator> batches) {
    this.parent = parent;
    pinned = options.pinMemory() && parent.getDevice().isGpu();
    hostManager = parent.newSubManager(Device.cpu());
    host = batches.apply(hostManager);
    uploads = new Workers(options.workers() == 0 ? 0 : 1);
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
    if (staged.uploads.areThreads()) {
      staged.startMore();
    }
    return staged;
  }

  @Override
  public boolean hasNext() {
    if (closed) {
      return false;
    }
    startMore();
    try {
      if (underWay.element().get().isPresent()) {
        return true;
      }
    } catch (ExecutionException e) {
      return true; // next() throws it
    } catch (InterruptedException e) {
      throw LoadingBatchIterator.interrupted(e);
    }
    close();
    return false;
  }

  @Override
  public Batch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("The epoch has no more batches.");
    }
    FutureTask<Optional<Batch>> first = underWay.remove();
    try {
      Batch batch = first.get().orElseThrow();
      if (uploads.areThreads()) {
        startMore();
      }
      return batch;
    } catch (ExecutionException e) {
      close();
      throw LoadingBatchIterator.failure(Objects.requireNonNull(e.getCause()));
    } catch (InterruptedException e) {
      underWay.addFirst(first); // nothing is lost
      throw LoadingBatchIterator.interrupted(e);
    }
  }

  private void startMore() {
    int wanted = uploads.areThreads() ? AHEAD : 1;
    while (underWay.size() < wanted) {
      FutureTask<Optional<Batch>> task = new FutureTask<>(this::upload);
      underWay.add(task);
      uploads.execute(task);
    }
  }

  private Optional<Batch> upload() {
    if (!host.hasNext()) {
      return Optional.empty();
    }
    try (Batch made = host.next()) {
      Batch batch = onDevice(made);
      if (closed) {
        batch.close();
      }
      return Optional.of(batch);
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
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    uploads.close();
    for (FutureTask<Optional<Batch>> task : underWay) {
      if (task.isDone()) {
        LoadingBatchIterator.closeResult(task);
      }
    }
    underWay.clear();
    host.close();
    hostManager.close();
  }
}
