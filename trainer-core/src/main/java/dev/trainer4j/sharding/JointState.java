// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.TensorPieces;
import dev.trainer4j.optim.Optimizer;
import java.io.IOException;

/** The state of an optimizer that ranks share, in checkpoints. */
record JointState(ShardRanks ranks, StateFiles form) {

  /**
   * Writes this rank's part; a collective.
   *
   * @throws IOException if this rank cannot write
   */
  void write(Optimizer optimizer, CheckpointFiles files) throws IOException {
    if (ranks.isFirstCopy()) {
      ShardedOptimizer shared = (ShardedOptimizer) optimizer;
      form.write(shared.pieces(), files, shared.layout());
    }
  }

  /**
   * Reads this rank's part; a collective that fails on all ranks or on none.
   *
   * @throws IOException if a rank cannot read
   */
  void read(Optimizer optimizer, CheckpointFiles files) throws IOException {
    ShardedState state = ((ShardedOptimizer) optimizer).pieces();
    ranks.failTogether(
        () -> {
          try (TensorPieces saved = files.openOptimizer()) {
            state.read(saved);
          }
        });
  }
}
