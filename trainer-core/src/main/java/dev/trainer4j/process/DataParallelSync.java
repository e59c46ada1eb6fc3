// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Every rank has all gradients, of its own samples: they are added up bucket by bucket. While one bucket is on
 * its way, in a thread that has the group meanwhile, the next is filled and the one before emptied.
 */
final class DataParallelSync implements GradientSync {

  private final ProcessGroup group;
  private final long bucketBytes;
  private List<GradientBucket> buckets = List.of();
  private @Nullable BucketMemory memory;
  private @Nullable ExecutorService thread;

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
    if (buckets.size() == 1) {
      allReduce(buckets.get(0), gradients, flat);
    } else {
      inThread(gradients, flat);
    }
  }

  private void allReduce(GradientBucket bucket, List<NDArray> gradients, BucketMemory flat) {
    if (bucket.inPlace()) {
      reduceInPlace(gradients.get(bucket.first()));
      return;
    }
    fill(bucket, gradients, flat);
    group.allReduce(flat.of(bucket).whole());
    empty(bucket, gradients, flat);
  }

  private void inThread(List<NDArray> gradients, BucketMemory flat) {
    ExecutorService communication = thread();
    List<Future<?>> sent = new ArrayList<>();
    try {
      for (int i = 0; i < buckets.size(); i++) {
        if (i >= BucketMemory.SLOTS) {
          receive(sent, i - BucketMemory.SLOTS, gradients, flat);
        }
        GradientBucket bucket = buckets.get(i);
        if (!bucket.inPlace()) {
          fill(bucket, gradients, flat);
        }
        sent.add(communication.submit(() -> send(bucket, gradients, flat)));
      }
      for (int i = Math.max(0, buckets.size() - BucketMemory.SLOTS); i < buckets.size(); i++) {
        receive(sent, i, gradients, flat);
      }
    } finally {
      // The group, and the memory, are this thread's again only when the other one is done.
      sent.forEach(DataParallelSync::settle);
    }
  }

  private void send(GradientBucket bucket, List<NDArray> gradients, BucketMemory flat) {
    if (bucket.inPlace()) {
      reduceInPlace(gradients.get(bucket.first()));
    } else {
      group.allReduce(flat.of(bucket).whole());
    }
  }

  /** As a row, as on a rank whose gradient had to be copied. */
  private void reduceInPlace(NDArray gradient) {
    try (NDArray row = gradient.reshape(-1)) {
      group.allReduce(row);
    }
  }

  private void receive(
      List<Future<?>> sent, int index, List<NDArray> gradients, BucketMemory flat) {
    await(sent.get(index));
    GradientBucket bucket = buckets.get(index);
    if (!bucket.inPlace()) {
      empty(bucket, gradients, flat);
    }
  }

  private static void fill(GradientBucket bucket, List<NDArray> gradients, BucketMemory flat) {
    TorchFunctions.copy(flat.of(bucket).views(), bucket.of(gradients));
  }

  private static void empty(GradientBucket bucket, List<NDArray> gradients, BucketMemory flat) {
    TorchFunctions.copy(bucket.of(gradients), flat.of(bucket).views());
  }

  /** MPI cannot be called off, so neither can the wait for it. */
  private static void await(Future<?> sent) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          sent.get();
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) e.getCause();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits, whatever comes of it: the first failure is on its way already. */
  private static void settle(Future<?> sent) {
    try {
      await(sent);
    } catch (RuntimeException | Error e) {
      // Told by the first.
    }
  }

  /** Gradients are the same from update to update until parameters are frozen or released. */
  private BucketMemory prepare(List<NDArray> gradients) {
    List<GradientBucket> now = GradientBucket.cut(gradients, bucketBytes);
    if (memory == null || !now.equals(buckets)) {
      release();
      List<GradientBucket> copied = now.stream().filter(bucket -> !bucket.inPlace()).toList();
      memory = new BucketMemory(copied, gradients.get(0));
      buckets = now;
    }
    return memory;
  }

  private ExecutorService thread() {
    if (thread == null) {
      thread =
          Executors.newSingleThreadExecutor(
              work -> {
                Thread made = new Thread(work, "trainer-gradients");
                made.setDaemon(true);
                return made;
              });
    }
    return thread;
  }

  /** Every rank has the sum of all, and so the whole norm. */
  @Override
  public double squaredNorm(double own) {
    return own;
  }

  private void release() {
    if (memory != null) {
      memory.close();
      memory = null;
    }
  }

  @Override
  public void close() {
    release();
    if (thread != null) {
      thread.shutdown();
      thread = null;
    }
  }
}
