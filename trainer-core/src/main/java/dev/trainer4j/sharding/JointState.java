// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.TensorPieces;
import dev.trainer4j.optim.Optimizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

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
   * Returns what arguments ask for that ranks cannot do who save together.
   *
   * @param shared what they share, such as "parameters"
   */
  static List<String> problems(TrainingArguments args, String shared) {
    List<String> problems = new ArrayList<>();
    if (args.asyncSave()) {
      problems.add(
          "asyncSave: ranks that share "
              + shared
              + " save together, in the training thread; leave asyncSave out");
    }
    if (args.saveOnEachNode()) {
      problems.add(
          "saveOnEachNode: ranks that share "
              + shared
              + " write one checkpoint together, into a folder that all machines see; leave saveOnEachNode"
              + " out");
    }
    return problems;
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
