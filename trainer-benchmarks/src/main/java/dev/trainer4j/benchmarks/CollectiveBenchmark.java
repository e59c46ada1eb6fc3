// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.process.ProcessGroup;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How fast ranks exchange tensors, in gigabytes of the tensor a second. {@code src/main/c/collectives.c} measures the
 * same calls without Java:
 *
 * <pre>{@code mpirun -n 2 java -cp ... dev.trainer4j.benchmarks.CollectiveBenchmark 30}</pre>
 */
public final class CollectiveBenchmark {

  private static final int WARMUP = 5;

  private CollectiveBenchmark() {}

  /** Argument: rounds, 30 by default. */
  @SuppressWarnings("SystemOut")
  public static void main(String[] args) {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 30;
    try (ProcessGroup group = ProcessGroup.launched();
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      for (int megabytes : new int[] {25, 100}) {
        long count = megabytes * 1_000_000L / Float.BYTES / group.worldSize() * group.worldSize();
        try (NDArray data = manager.zeros(new Shape(count))) {
          collectives(group)
              .forEach(
                  (name, call) -> {
                    double[] seconds = measure(group, () -> call.accept(data), rounds);
                    if (group.isMain()) {
                      double gigabytes = count * Float.BYTES / 1e9;
                      System.out.printf(
                          Locale.ROOT,
                          "java %s %d MB median %.2f best %.2f GB/s%n",
                          name,
                          megabytes,
                          gigabytes / seconds[rounds / 2],
                          gigabytes / seconds[0]);
                    }
                  });
        }
      }
    }
  }

  private static Map<String, Consumer<NDArray>> collectives(ProcessGroup group) {
    Map<String, Consumer<NDArray>> calls = new LinkedHashMap<>();
    calls.put("all-reduce", group::allReduce);
    calls.put("reduce-scatter", group::reduceScatter);
    calls.put("all-gather", group::allGather);
    calls.put("broadcast", data -> group.broadcast(data, 0));
    return calls;
  }

  /** Returns the seconds of each round, sorted; a round begins and ends for all ranks together. */
  private static double[] measure(ProcessGroup group, Runnable call, int rounds) {
    double[] seconds = new double[rounds];
    for (int i = -WARMUP; i < rounds; i++) {
      group.barrier();
      long start = System.nanoTime();
      call.run();
      group.barrier();
      if (i >= 0) {
        seconds[i] = (System.nanoTime() - start) / 1e9;
      }
    }
    Arrays.sort(seconds);
    return seconds;
  }
}
