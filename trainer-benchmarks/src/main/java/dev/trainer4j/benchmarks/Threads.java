// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import java.util.Map;

/** libtorch's threads; must be set before its first use. */
final class Threads {

  private static final String PROPERTY = "ai.djl.pytorch.num_threads";

  private Threads() {}

  /** Sets the threads within an operation to {@code THREADS}, by default 2. */
  static void set(Map<String, String> environment) {
    if (System.getProperty(PROPERTY) == null) {
      System.setProperty(PROPERTY, environment.getOrDefault("THREADS", "2"));
    }
  }
}
