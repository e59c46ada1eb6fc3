// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.trainer4j.args.ShardingPlan;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.PassConditions;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.model.TrainingPass;
import dev.trainer4j.model.TrainingPasses;
import dev.trainer4j.model.UnreadWeights;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.Gradients;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What the ranks of a run hold each, and what they share out. Chosen once for a trainer; whoever asks it does not
 * need to know which it is.
 */
public interface ParallelStrategy extends AutoCloseable {

  /**
   * Returns the strategy of a plan. A collective.
   *
   * @param processes those that train together; they stay the caller's
   * @param device of the parameters
   * @throws IllegalArgumentException if this library cannot do what the plan asks for
   */
  static ParallelStrategy of(ShardingPlan plan, ProcessGroup processes, Device device) {
    boolean offloads = plan.offloadOptimizer() && device.isGpu();
    boolean alone = processes.worldSize() == 1 && !offloads;
    return switch (plan.stage()) {
      case NONE -> new Replicas();
      case OPTIMIZER, GRADIENTS ->
          alone
              ? new Replicas()
              : new SharedOptimizer(
                  plan,
                  plan.hybrid() ? ShardRanks.byMachine(processes) : ShardRanks.together(processes),
                  offloads);
      case PARAMETERS ->
          alone
              ? new Replicas()
              : new SharedParameters(
                  plan,
                  plan.hybrid() ? ShardRanks.byMachine(processes) : ShardRanks.together(processes),
                  (plan.offloadParameters() || plan.offloadOptimizer()) && device.isGpu());
    };
  }

  /**
   * Returns what arguments ask for that cannot be together with it, each with the argument's name in front.
   *
   * @param ownSteps whether the trainer's {@code trainingStep} is a user's own
   * @param lendsWeights whether a callback has weights of its own for evaluations
   */
  List<String> problems(TrainingArguments args, boolean ownSteps, boolean lendsWeights);

  /**
   * Reads the weights of a model that was made without them: by default, every rank all of them. Called by all ranks when
   * a trainer is built.
   *
   * @throws IOException if this rank cannot read; where ranks read together, on all of them
   */
  default void readWeights(TrainableModel model) throws IOException {
    UnreadWeights.readWhole(model);
  }

  /**
   * Takes from the model what ranks share out, until {@link #giveBack}; what has been taken stays so. Called by all
   * ranks before an optimizer is made, when all of them have the same weights.
   */
  default void take(TrainableModel model) {}

  /**
   * Gives the model back what {@link #take} has taken, whole on every rank. A collective. A model whose weights ranks have
   * read in shares gets nothing back: none of them may have room for it.
   */
  default void giveBack() {}

  /** Forgets what {@link #take} has taken, where a run has failed and other ranks may be gone: the model is lost. */
  default void abandon() {}

  /** Returns those of the model's tensors that this rank has whole. */
  default Map<String, NDArray> wholeTensors(TrainableModel model) {
    return model.state();
  }

  /** Returns how a micro batch runs. */
  default TrainingPass pass(PassConditions conditions) {
    return TrainingPasses.choose(conditions);
  }

  /**
   * Returns a view of the model as it runs outside of training; it may need other ranks, until all of them have come
   * to {@link #endBatch}.
   */
  default TrainableModel evaluating(TrainableModel model) {
    return model;
  }

  /**
   * Returns whether much is held for moments only, so that memory is to go back to the system when it is freed: that takes time,
   * but what is resident is what is held.
   */
  default boolean returnsMemory() {
    return false;
  }

  /** Ends a batch outside of training: called by all ranks, also by those that had no samples. */
  default void endBatch() {}

  /** Drops what an update that has failed has left of gradients. */
  default void dropGradients(TrainableModel model) {
    try (Gradients gradients =
        new Gradients(model.parameters().stream().map(NamedParameter::array).toList())) {
      gradients.restore();
      gradients.zero();
    }
  }

  /**
   * Returns the optimizer of this rank, which moves the parameters of all ranks alike. A collective.
   *
   * @param groups of whole parameters
   * @param maker makes an optimizer of groups: of these, or of slices of their parameters
   * @throws IllegalArgumentException if it cannot be shared out
   */
  Optimizer optimizer(List<ParameterGroup> groups, Function<List<ParameterGroup>, Optimizer> maker);

  /**
   * Returns whether backward is to put gradients where the optimizer wants them fresh, and not into the
   * parameters.
   *
   * @param alone whether an update is one backward pass whose gradients nobody looks at
   */
  boolean takesFresh(boolean alone);

  /** Returns whether every rank has a part of the optimizer's state to save. */
  boolean savesTogether();

  /**
   * Writes the optimizer's state, or this rank's part of it. Where ranks {@link #savesTogether save together} it is
   * a collective, which all of them leave whether it fails on one or not; else rank 0 calls it alone.
   *
   * @throws IOException if this rank cannot write
   */
  void writeState(Optimizer optimizer, CheckpointFiles files) throws IOException;

  /**
   * Reads the optimizer's state, or this rank's part of it, by however many ranks it was written. Called by all
   * ranks.
   *
   * @throws IOException if this rank cannot read
   */
  void readState(Optimizer optimizer, CheckpointFiles files, TrainableModel model)
      throws IOException;

  /**
   * Writes the model's tensors, or this rank's part of them. Where ranks {@link #savesTogether save together} it is
   * a collective, which all of them leave whether it fails on one or not; else rank 0 calls it alone.
   *
   * @param maxShardBytes bytes of tensors in one file
   * @param consolidated whether they are to be whole in the model's own files, whatever a checkpoint has
   * @throws IOException if this rank cannot write
   */
  default void writeModel(
      TrainableModel model, CheckpointFiles files, long maxShardBytes, boolean consolidated)
      throws IOException {
    files.writeModelTensors(model.tensorsFile(), model.savedTensors(), maxShardBytes);
  }

  /**
   * Reads the model's tensors, or this rank's part of them, in whatever form they are. Called by all ranks.
   *
   * @throws IOException if this rank cannot read
   */
  default void readModel(TrainableModel model, CheckpointFiles files) throws IOException {
    files.readModel(model);
  }

  /** Gives back what was taken, and leaves the groups that were made for it. */
  @Override
  void close();
}
