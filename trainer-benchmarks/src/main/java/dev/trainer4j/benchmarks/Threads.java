// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import java.util.Map;

/** libtorch's threads, where a measurement does not leave them to the trainer; set before their first use. */
final class Threads {

  private static final String PROPERTY = "ai.djl.pytorch.num_threads";

  private Threads() {}

  /** Sets the threads within an operation to {@code THREADS}; without it, the trainer chooses. */
  static void set(Map<String, String> environment) {
    String threads = environment.get("THREADS");
    if (threads != null && System.getProperty(PROPERTY) == null) {
      System.setProperty(PROPERTY, threads);
    }
  }
}
