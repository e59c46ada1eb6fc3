// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.process.ProcessGroup;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Ranks that are threads: every collective is an exchange of bytes. */
final class RankThreads {

  private RankThreads() {}

  /** Returns what comes of the same in every rank, by rank; throws what a rank has thrown first. */
  static <T> List<T> call(int worldSize, Function<ProcessGroup, T> body) throws Exception {
    byte[][] slots = new byte[worldSize][];
    CyclicBarrier barrier = new CyclicBarrier(worldSize);
    ExecutorService threads = Executors.newFixedThreadPool(worldSize);
    try {
      List<Callable<T>> ranks = new ArrayList<>();
      for (int i = 0; i < worldSize; i++) {
        Rank rank = new Rank(i, worldSize, slots, barrier);
        ranks.add(
            () -> {
              try {
                return body.apply(rank);
              } catch (RuntimeException | Error e) {
                e.printStackTrace();
                throw e;
              }
            });
      }
      List<T> results = new ArrayList<>();
      for (Future<T> result : threads.invokeAll(ranks, 240, TimeUnit.SECONDS)) {
        results.add(result.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }

  private record Rank(int rank, int worldSize, byte[][] slots, CyclicBarrier meeting)
      implements ProcessGroup {

    @Override
    public List<byte[]> allGather(byte[] bytes) {
      slots[rank] = bytes.clone();
      await();
      List<byte[]> all = List.copyOf(Arrays.asList(slots));
      await();
      return all;
    }

    private void await() {
      try {
        meeting.await(60, TimeUnit.SECONDS);
      } catch (Exception e) {
        throw new IllegalStateException("another rank does not come", e);
      }
    }

    private static ByteBuffer memory(NDArray array) {
      return array.toByteBuffer(true).order(ByteOrder.nativeOrder());
    }

    private List<byte[]> exchange(NDArray array) {
      byte[] own = new byte[memory(array).remaining()];
      memory(array).get(own);
      return allGather(own);
    }

    @Override
    public void broadcast(NDArray array, int root) {
      byte[] from = exchange(array).get(root);
      memory(array).put(from);
    }

    @Override
    public void allReduce(NDArray array) {
      List<byte[]> all = exchange(array);
      boolean wide = array.getDataType() == DataType.FLOAT64;
      ByteBuffer target = memory(array);
      int width = array.getDataType().getNumOfBytes();
      for (int at = 0; at < target.limit(); at += width) {
        double sum = 0;
        for (byte[] ofRank : all) {
          ByteBuffer bytes = ByteBuffer.wrap(ofRank).order(ByteOrder.nativeOrder());
          sum += wide ? bytes.getDouble(at) : bytes.getFloat(at);
        }
        if (wide) {
          target.putDouble(at, sum);
        } else {
          target.putFloat(at, (float) sum);
        }
      }
    }

    @Override
    public void reduceScatter(NDArray array) {
      allReduce(array);
    }

    @Override
    public void allGather(NDArray array) {
      List<byte[]> all = exchange(array);
      ByteBuffer target = memory(array);
      int part = target.limit() / worldSize;
      for (int i = 0; i < worldSize; i++) {
        target.position(i * part).put(all.get(i), i * part, part);
      }
    }

    @Override
    public void close() {}
  }
}
