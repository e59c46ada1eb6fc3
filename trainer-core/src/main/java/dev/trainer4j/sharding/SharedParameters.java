// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.args.ShardingPlan;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.PassConditions;
import dev.trainer4j.model.Segment;
import dev.trainer4j.model.SegmentRunner;
import dev.trainer4j.model.SegmentedModel;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.model.TrainingPass;
import dev.trainer4j.model.TrainingPasses;
import dev.trainer4j.model.UnreadWeights;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.torch.Autograd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Every rank holds a share of everything: parameters, gradients and the optimizer's state (ZeRO-3). */
final class SharedParameters implements ParallelStrategy {

  private static final Logger LOG = LoggerFactory.getLogger(SharedParameters.class);

  private final ShardRanks ranks;
  private final JointState state;
  private final boolean offload;

  /** Whether checkpoints have the model in the pieces of ranks. */
  private final boolean writesPieces;

  private @Nullable GatheredParameters taken;

  /** Whether no rank has ever had the model whole. */
  private boolean neverWhole;

  /**
   * Shares with others.
   *
   * @param ranks closed with this
   * @param offload whether shares are in the memory of the CPU, wherever the model computes
   */
  SharedParameters(ShardingPlan plan, ShardRanks ranks, boolean offload) {
    this.ranks = ranks;
    this.offload = offload;
    state = new JointState(ranks, StateFiles.of(plan.stateDictType()));
    writesPieces = plan.stateDictType() != ShardingPlan.StateDictType.FULL_STATE_DICT;
  }

  @Override
  public List<String> problems(TrainingArguments args, boolean ownSteps, boolean lendsWeights) {
    List<String> problems = new ArrayList<>(JointState.problems(args, "parameters"));
    if (args.sharding().cpuRamEfficientLoading() && !neverWhole) {
      problems.add(
          "cpu_ram_efficient_loading: every rank had the whole model before the trainer was built; load it without"
              + " its weights (LoadOptions.withDeferredWeights(true)), of which each rank then reads its share, or"
              + " leave the key out");
    }
    if (args.autoFindBatchSize()) {
      problems.add(
          "autoFindBatchSize: ranks that share parameters add gradients up as they go, so an update cannot be"
              + " begun again; set perDeviceTrainBatchSize");
    }
    if (args.bf16FullEval() || args.fp16FullEval()) {
      problems.add(
          (args.bf16FullEval() ? "bf16FullEval" : "fp16FullEval")
              + ": it copies all parameters, which no rank has; use bf16, whose evaluations compute in 16 bits"
              + " segment by segment");
    }
    if (ownSteps) {
      problems.add(
          "trainingStep: a trainer's own may look at parameters and gradients, which no rank has whole here;"
              + " override computeLoss, or shard gradients at most (ZeRO stage 2, SHARD_GRAD_OP)");
    }
    if (lendsWeights) {
      problems.add(
          "callbacks: one keeps weights of its own for evaluations, such as EmaCallback, and reads all parameters"
              + " after each update, which no rank has whole; shard gradients at most (ZeRO stage 2,"
              + " SHARD_GRAD_OP)");
    }
    return problems;
  }

  /** The chain that a model or a view of it runs as; empty if it runs in one piece. */
  private static Optional<SegmentedModel> chain(TrainableModel model) {
    if (model instanceof BlockModel block) {
      return block.segmented();
    }
    return model instanceof SegmentedModel segmented ? Optional.of(segmented) : Optional.empty();
  }

  @Override
  public void readWeights(TrainableModel model) throws IOException {
    UnreadWeights weights = model.unreadWeights().orElse(null);
    if (weights == null) {
      return;
    }
    String[] identity = {""};
    ranks.failTogether(() -> identity[0] = weights.identity());
    new Agreement(ranks.all()).requireSame("what the model's weights are read from", identity[0]);
    Map<String, NDArray> rest = new LinkedHashMap<>(model.state());
    rest.keySet().removeAll(weights.names());
    SameModel.align(ranks.all(), model, rest);
    take(model);
    try (Autograd.Recording off = Autograd.record(false)) {
      GatheredParameters shares = taken();
      Map<String, NDArray> state = model.state();
      ranks.failTogether(
          () ->
              weights.read(
                  (name, elements) -> {
                    if (shares.has(name)) {
                      shares.put(name, elements);
                    } else {
                      UnreadWeights.readWhole(state, name, elements);
                    }
                  }));
      neverWhole = true;
    } finally {
      if (!neverWhole) {
        abandon();
      }
    }
  }

  @Override
  public void take(TrainableModel model) {
    if (taken != null) {
      return;
    }
    List<Segment> segments = chain(model).map(SegmentedModel::segments).orElse(List.of());
    taken = new GatheredParameters(model, UnitPlan.of(model, segments), ranks.sharing(), offload);
    if (ranks.all().isMain()) {
      LOG.info(
          "Parameters are shared out among {} ranks, in {} units: {}",
          ranks.sharing().worldSize(),
          taken.units().size(),
          segments.isEmpty()
              ? "the model has no segments, so all of them are gathered for each pass"
              : "those of a segment are gathered when it runs, and it runs again in backward");
    }
  }

  private GatheredParameters taken() {
    if (taken == null) {
      throw new IllegalStateException("no model has been taken");
    }
    return taken;
  }

  @Override
  public void giveBack() {
    if (taken != null && !neverWhole) {
      taken.giveBack();
      taken = null;
    }
    abandon();
  }

  @Override
  public void abandon() {
    if (taken != null) {
      taken.close();
      taken = null;
    }
  }

  @Override
  public Map<String, NDArray> wholeTensors(TrainableModel model) {
    Map<String, NDArray> whole = new LinkedHashMap<>(model.state());
    if (taken != null) {
      whole.keySet().removeIf(taken::has);
    }
    return whole;
  }

  @Override
  public TrainingPass pass(PassConditions conditions) {
    GatheredParameters parameters = taken();
    Optional<SegmentedModel> chain = chain(TrainingPasses.least(conditions).model());
    return chain.isPresent()
        ? TrainingPasses.bySegments(chain.get(), parameters)
        : new WholePass(TrainingPasses.recorded(conditions), parameters, parameters.whole());
  }

  @Override
  public TrainableModel evaluating(TrainableModel model) {
    GatheredParameters parameters = taken;
    if (parameters == null) {
      return model;
    }
    return chain(model)
        .map(chain -> chain.runBy(SegmentRunner.with(parameters)))
        .orElseGet(() -> new GatheredModel(model, parameters, parameters.whole()));
  }

  @Override
  public boolean returnsMemory() {
    return true;
  }

  @Override
  public void endBatch() {
    if (taken != null) {
      taken.rest();
    }
  }

  @Override
  public void dropGradients(TrainableModel model) {
    taken().reset();
  }

  @Override
  public Optimizer optimizer(
      List<ParameterGroup> groups, Function<List<ParameterGroup>, Optimizer> maker) {
    return new ShardedOptimizer(groups, ranks, new ParameterShares(taken(), ranks), maker);
  }

  @Override
  public boolean takesFresh(boolean alone) {
    return false;
  }

  @Override
  public boolean savesTogether() {
    return true;
  }

  @Override
  public void writeState(Optimizer optimizer, CheckpointFiles files) throws IOException {
    state.write(optimizer, files);
  }

  @Override
  public void readState(Optimizer optimizer, CheckpointFiles files, TrainableModel model)
      throws IOException {
    state.read(optimizer, files);
  }

  @Override
  public void writeModel(
      TrainableModel model, CheckpointFiles files, long maxShardBytes, boolean consolidated)
      throws IOException {
    GatheredParameters parameters = taken;
    if (parameters == null) {
      if (ranks.all().isMain()) {
        files.writeModelTensors(model.tensorsFile(), model.savedTensors(), maxShardBytes);
      }
      return;
    }
    ModelFiles written = new ModelFiles(model, parameters, ranks);
    if (consolidated || !writesPieces || !written.canBePieces()) {
      written.writeWhole(files, maxShardBytes);
    } else {
      written.writePieces(files);
    }
  }

  @Override
  public void readModel(TrainableModel model, CheckpointFiles files) throws IOException {
    new ModelFiles(model, taken(), ranks).read(files);
  }

  @Override
  public void close() {
    giveBack();
    ranks.close();
  }
}
