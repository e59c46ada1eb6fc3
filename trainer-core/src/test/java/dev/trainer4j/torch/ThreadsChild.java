// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtEngineProvider;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.Optional;

/** A process that uses DJL before it uses this library, as an application does. */
final class ThreadsChild {

  private ThreadsChild() {}

  /** Prints libtorch's threads by itself, for much work, for little work, and afterwards. */
  public static void main(String[] arguments) {
    try (NDManager manager = NDManager.newBaseManager()) {
      manager.zeros(new Shape(1)).close();
    }
    System.out.printf(
        "threads %d %d %d %d%n",
        JniUtils.getNumThreads(), of(1L << 40), of(1), JniUtils.getNumThreads());
    System.out.printf("engine is that of DJL %s%n", isDjlsOwn());
    System.out.printf("java knows %s%n", System.getenv("GOMP_SPINCOUNT"));
  }

  private static boolean isDjlsOwn() {
    return Engine.getInstance() == new PtEngineProvider().getEngine();
  }

  private static int of(long parameters) {
    try (Threads threads = Threads.of(Optional.empty(), Optional.empty())) {
      threads.use(parameters, List.of());
      return JniUtils.getNumThreads();
    }
  }
}
