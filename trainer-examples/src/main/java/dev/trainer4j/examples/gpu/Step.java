// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import java.io.IOException;

/** One of the steps, which knows nothing of the others. */
record Step(String name, String expected, Work work) {

  /** What a step does. An exception is a fault, and its message what was found. */
  interface Work {
    Finding run(Lab lab) throws IOException;
  }
}
