// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.args.ShardingPlan;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Every rank holds all parameters and a share of the optimizer: ZeRO-1, and with gradients ZeRO-2. */
final class SharedOptimizer implements ParallelStrategy {

  private final ShardRanks ranks;
  private final GradientStage gradients;
  private final JointState state;
  private final long bucketBytes;
  private final boolean apart;

  /**
   * Shares with others.
   *
   * @param ranks closed with this
   * @param apart whether shares are copies of their own in the memory of the CPU
   */
  SharedOptimizer(ShardingPlan plan, ShardRanks ranks, boolean apart) {
    this.ranks = ranks;
    this.apart = apart;
    gradients = GradientStage.of(plan.stage());
    state = new JointState(ranks, StateFiles.of(plan.stateDictType()));
    bucketBytes = plan.bucketBytes();
  }

  @Override
  public List<String> problems(TrainingArguments args, boolean ownSteps, boolean lendsWeights) {
    List<String> problems = new ArrayList<>(JointState.problems(args, "the optimizer's state"));
    problems.addAll(gradients.problems(args, ownSteps));
    return problems;
  }

  @Override
  public Optimizer optimizer(
      List<ParameterGroup> groups, Function<List<ParameterGroup>, Optimizer> maker) {
    List<NamedParameter> parameters =
        groups.stream().flatMap(group -> group.parameters().stream()).toList();
    ShardLayout layout =
        ShardLayout.buckets(
            parameters.stream().map(FlatParameter::of).toList(),
            bucketBytes,
            ranks.sharing().rank(),
            ranks.sharing().worldSize());
    NDManager owner = parameters.get(0).array().getManager();
    SliceMemory memory =
        apart
            ? SliceMemory.apart(owner.newSubManager(Device.cpu()))
            : SliceMemory.inParameters(owner.newSubManager());
    return new ShardedOptimizer(groups, ranks, shares(parameters, layout, memory), maker);
  }

  private Shares shares(List<NamedParameter> parameters, ShardLayout layout, SliceMemory memory) {
    try {
      return gradients.shares(parameters, layout, ranks, memory);
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  @Override
  public boolean takesFresh(boolean alone) {
    return gradients.takesFresh();
  }

  @Override
  public boolean savesTogether() {
    return true;
  }

  @Override
  public void writeState(Optimizer optimizer, CheckpointFiles files) throws IOException {
    state.write(optimizer, files);
  }

  /** Every rank has the model: one writes. */
  @Override
  public void writeModel(
      TrainableModel model, CheckpointFiles files, long maxShardBytes, boolean consolidated)
      throws IOException {
    if (ranks.all().isMain()) {
      files.writeModelTensors(model.tensorsFile(), model.savedTensors(), maxShardBytes);
    }
  }

  @Override
  public void readState(Optimizer optimizer, CheckpointFiles files, TrainableModel model)
      throws IOException {
    state.read(optimizer, files);
  }

  @Override
  public void close() {
    ranks.close();
  }
}
