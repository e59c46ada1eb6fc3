// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/** Every rank holds everything: one process, or data parallelism. */
record Replicas() implements ParallelStrategy {

  @Override
  public List<String> problems(TrainingArguments args, boolean ownSteps, boolean lendsWeights) {
    return List.of();
  }

  @Override
  public Optimizer optimizer(
      List<ParameterGroup> groups, Function<List<ParameterGroup>, Optimizer> maker) {
    return maker.apply(groups);
  }

  @Override
  public boolean takesFresh(boolean alone) {
    return alone;
  }

  @Override
  public boolean savesTogether() {
    return false;
  }

  @Override
  public void writeState(Optimizer optimizer, CheckpointFiles files) throws IOException {
    files.writeOptimizer(optimizer.state());
  }

  @Override
  public void readState(Optimizer optimizer, CheckpointFiles files, TrainableModel model)
      throws IOException {
    files.readOptimizer(optimizer.state(), model);
  }

  @Override
  public void close() {}
}
