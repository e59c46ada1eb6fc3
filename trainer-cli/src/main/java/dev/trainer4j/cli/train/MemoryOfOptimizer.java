// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.args.OptimizerName;

/** How much an optimizer remembers. */
final class MemoryOfOptimizer {
  private MemoryOfOptimizer() {}

  /** Bytes for so many trained numbers, momentum of SGD left out. */
  static long bytes(OptimizerName name, long numbers) {
    return numbers
        * switch (name) {
          case SGD -> 0;
          case ADAFACTOR -> 0; // A row and a column for each matrix.
          case ADAGRAD, RMSPROP, LION_32BIT, SCHEDULE_FREE_SGD -> 4;
          case ADAMW_8BIT, ADAMW_BNB_8BIT -> 2;
          case ADEMAMIX -> 12;
          default -> 8;
        };
  }
}
