// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.TorchFunctions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every rank has all gradients, of its own samples: they are added up, large ones where they are, and the others in
 * buckets.
 *
 * <p>One after the other, in the thread of the update: when autograd returns all of them are there, so there is no
 * computing beside which they could be on their way.
 */
final class DataParallelSync implements GradientSync {

  private final ProcessGroup group;
  private final long bucketBytes;
  private List<GradientBucket> buckets = List.of();
  private @Nullable BucketMemory memory;

  DataParallelSync(ProcessGroup group, long bucketBytes) {
    if (bucketBytes < 1) {
      throw new IllegalArgumentException(
          "bucketBytes is " + bucketBytes + ", but must be at least 1");
    }
    this.group = group;
    this.bucketBytes = bucketBytes;
  }

  @Override
  public boolean isLocal() {
    return false;
  }

  @Override
  public void sum(List<NDArray> gradients) {
    if (gradients.isEmpty()) {
      return;
    }
    BucketMemory flat = prepare(gradients);
    for (GradientBucket bucket : buckets) {
      List<NDArray> members = bucket.of(gradients);
      if (bucket.inPlace()) {
        reduceInPlace(members.get(0));
      } else {
        BucketMemory.Flat copy = flat.of(bucket);
        TorchFunctions.copy(copy.views(), members);
        group.allReduce(copy.whole());
        TorchFunctions.copy(members, copy.views());
      }
    }
  }

  /** As a row, as on a rank whose gradient had to be copied. */
  private void reduceInPlace(NDArray gradient) {
    try (NDArray row = gradient.reshape(-1)) {
      group.allReduce(row);
    }
  }

  /** Gradients are the same from update to update until parameters are frozen or released. */
  private BucketMemory prepare(List<NDArray> gradients) {
    List<GradientBucket> now = GradientBucket.cut(gradients, bucketBytes);
    if (memory == null || !now.equals(buckets)) {
      close();
      List<GradientBucket> copied = now.stream().filter(bucket -> !bucket.inPlace()).toList();
      memory = new BucketMemory(copied, gradients.get(0));
      buckets = now;
    }
    return memory;
  }

  @Override
  public void close() {
    if (memory != null) {
      memory.close();
      memory = null;
    }
  }
}
