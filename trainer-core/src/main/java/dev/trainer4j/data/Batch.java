// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDManager;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One micro batch. It owns its arrays: close it when the backward pass is done. */
public final class Batch implements AutoCloseable {

  private final ModelInputs inputs;
  private final int sampleCount;
  private final NDManager manager;
  private final @Nullable Map<String, Object> streamState;

  /**
   * Creates a batch.
   *
   * @param inputs the tensors
   * @param sampleCount the number of samples in them, at least 1
   * @param manager the owner of the tensors, closed with the batch
   */
  public Batch(ModelInputs inputs, int sampleCount, NDManager manager) {
    this(inputs, sampleCount, manager, null);
  }

  /**
   * Creates a batch of a stream.
   *
   * @param inputs the tensors
   * @param sampleCount the number of samples in them, at least 1
   * @param manager the owner of the tensors, closed with the batch
   * @param streamState where the stream stands behind the batch, if it is a {@link ResumableDataset}
   */
  public Batch(
      ModelInputs inputs,
      int sampleCount,
      NDManager manager,
      @Nullable Map<String, Object> streamState) {
    this.inputs = inputs;
    this.sampleCount = sampleCount;
    this.manager = manager;
    this.streamState = streamState;
  }

  /** Returns the tensors; not to be used after {@link #close}. */
  public ModelInputs inputs() {
    return inputs;
  }

  /** Returns the number of samples. */
  public int sampleCount() {
    return sampleCount;
  }

  /** Returns the owner of the tensors, for arrays that should live as long as the batch. */
  public NDManager manager() {
    return manager;
  }

  /** Returns where a {@link ResumableDataset} stands behind this batch; null for other data. */
  public @Nullable Map<String, Object> streamState() {
    return streamState;
  }

  /** Frees the tensors and everything else of the manager; more than once does no harm. */
  @Override
  public void close() {
    manager.close();
  }
}
