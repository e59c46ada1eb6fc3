// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import dev.trainer4j.args.ShardingPlan.StateDictType;
import dev.trainer4j.checkpoint.CheckpointFiles;
import java.io.IOException;

/** In which form a state that ranks share goes into a checkpoint. */
@FunctionalInterface
interface StateFiles {

  /**
   * Writes. A collective of the ranks that share, which all of them leave whether it fails on one or not.
   *
   * @throws IOException if this rank cannot write
   */
  void write(ShardedState state, CheckpointFiles files, ShardLayout layout) throws IOException;

  /**
   * Returns the form that a type asks for. Shares are ranges of the elements of named tensors, so what ranks write
   * as they hold it ({@code LOCAL_STATE_DICT}) is what any number of them can read.
   */
  static StateFiles of(StateDictType type) {
    return switch (type) {
      case FULL_STATE_DICT -> (state, files, layout) -> state.gather(files::writeOptimizer);
      case SHARDED_STATE_DICT, LOCAL_STATE_DICT ->
          (state, files, layout) ->
              files.writeOptimizerPieces(layout.rank(), layout.worldSize(), state.pieces());
    };
  }
}
