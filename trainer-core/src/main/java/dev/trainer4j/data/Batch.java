// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDManager;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One micro batch. It owns its arrays: close it when the backward pass is done.
 *
 * <p>Where several ranks share the data, each has one batch in every round. In the last rounds of an epoch
 * there may be no sample left for some: theirs are {@link #isEmpty empty}.
 */
public final class Batch implements AutoCloseable {

  private final ModelInputs inputs;
  private final int sampleCount;
  private final NDManager manager;
  private final @Nullable Map<String, Object> streamState;
  private final int roundSampleCount;

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
    this(inputs, sampleCount, manager, streamState, sampleCount);
  }

  /**
   * Creates a batch of one rank of several.
   *
   * @param inputs the tensors
   * @param sampleCount the number of samples in them
   * @param manager the owner of the tensors, closed with the batch
   * @param streamState where the stream stands behind the round, if it is a {@link ResumableDataset}
   * @param roundSampleCount the number of samples that all ranks have in this round
   */
  public Batch(
      ModelInputs inputs,
      int sampleCount,
      NDManager manager,
      @Nullable Map<String, Object> streamState,
      int roundSampleCount) {
    this.inputs = inputs;
    this.sampleCount = sampleCount;
    this.manager = manager;
    this.streamState = streamState;
    this.roundSampleCount = roundSampleCount;
  }

  /** The batch of a rank in a round whose samples others have. */
  static Batch empty(
      NDManager manager, @Nullable Map<String, Object> streamState, int roundSampleCount) {
    return new Batch(ModelInputs.empty(), 0, manager, streamState, roundSampleCount);
  }

  /** Returns the tensors; not to be used after {@link #close}. */
  public ModelInputs inputs() {
    return inputs;
  }

  /** Returns the number of samples; 0 for an empty batch. */
  public int sampleCount() {
    return sampleCount;
  }

  /** Returns whether only other ranks have samples in this round; then there are no tensors. */
  public boolean isEmpty() {
    return sampleCount == 0;
  }

  /**
   * Returns the number of samples that all ranks have in this round: by so many the position in the epoch
   * advances. In a world of one it is {@link #sampleCount}.
   */
  public int roundSampleCount() {
    return roundSampleCount;
  }

  /** Returns the owner of the tensors, for arrays that should live as long as the batch. */
  public NDManager manager() {
    return manager;
  }

  /** Returns where a {@link ResumableDataset} stands behind this round; null for other data. */
  public @Nullable Map<String, Object> streamState() {
    return streamState;
  }

  /** Frees the tensors and everything else of the manager; more than once does no harm. */
  @Override
  public void close() {
    manager.close();
  }
}
