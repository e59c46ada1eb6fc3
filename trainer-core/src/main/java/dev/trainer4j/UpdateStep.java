// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.callback.NonFiniteUpdate;
import dev.trainer4j.data.Batch;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.LossWeight;
import dev.trainer4j.optim.UpdateObserver;
import dev.trainer4j.optim.UpdateRequest;
import dev.trainer4j.optim.UpdateResult;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.FreshGradients;
import dev.trainer4j.torch.Gradients;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One update: micro batches, then clip, optimizer step and zero.
 *
 * <p>Each micro batch has a scope that owns its arrays. Only the scalars of the losses outlive it,
 * so that the device is asked for numbers once an update.
 */
final class UpdateStep implements AutoCloseable {

  private final Trainer trainer;
  private final TrainingSession session;
  private final NDManager scalars;
  private final List<NDArray> losses = new ArrayList<>();
  private final List<NDArray> weights = new ArrayList<>();
  private double knownWeight;

  private final Map<String, List<NDArray>> parts = new LinkedHashMap<>();

  UpdateStep(Trainer trainer, TrainingSession session) {
    this.trainer = trainer;
    this.session = session;
    scalars = trainer.model().manager().newSubManager();
    scalars.setName("losses of the update");
    forget();
  }

  /** Drops the gradients that an update has left which failed in its middle. */
  void forget() {
    try (Gradients gradients =
        new Gradients(trainer.model().parameters().stream().map(NamedParameter::array).toList())) {
      gradients.zero();
    }
    FreshGradients fresh = session.optimizer().freshGradients();
    if (fresh != null) {
      fresh.drop();
    }
  }

  /**
   * Where backward puts the gradients of an update of one micro batch that nobody looks at between its
   * phases; null for the parameters, where gradients add up and can be looked at.
   */
  private @Nullable FreshGradients freshGradients() {
    boolean inParameters =
        session.batches().perUpdate() > 1
            || trainer.callbacks().watchesUpdates()
            || trainer.overridesTrainingStep()
            || trainer.args().gradientCheckpointing();
    return inParameters ? null : session.optimizer().freshGradients();
  }

  /**
   * Runs the next update from {@code batches}, which must have a next one.
   *
   * @throws MemoryShortage with autoFindBatchSize, if memory runs out before anything was changed but the
   *     gradients; the update may be run again
   */
  UpdateOutcome run(BatchIterator batches) {
    trainer.callbacks().onStepBegin(session.progress().snapshot());
    LossScaler scaler = session.lossScaler();
    if (scaler != null) {
      scaler.beginUpdate();
    }
    trainer.gradientsInto(freshGradients());
    try {
      int means = 0;
      int microBatches = 0;
      long samples = 0;
      boolean last;
      Map<String, Object> streamState;
      do {
        try (ArrayScope scope = ArrayScope.open();
            Batch batch = sparing(batches::next)) {
          trainer.callbacks().onSubstepBegin(session.progress().snapshot(), batch.inputs());
          long start = System.nanoTime();
          LossOutput loss = step(batch, microBatches);
          session.clock().ranForwardBackward(start);
          means += loss.isMean() ? 1 : 0;
          samples += batch.sampleCount();
          streamState = batch.streamState();
          keep(loss);
        }
        microBatches++;
        last = microBatches == session.batches().perUpdate() || !batches.hasNext();
        if (!last) {
          trainer.callbacks().onSubstepEnd(session.progress().snapshot());
        }
      } while (!last);
      if (means != 0 && means != microBatches) {
        throw new IllegalStateException(
            "one update mixed losses of sums with LossOutput.mean; computeLoss must return one"
                + " kind");
      }
      if (means > 0 && session.batches().isSplit()) {
        throw new IllegalStateException(
            "autoFindBatchSize: memory did not suffice, and this model gives the mean of a micro batch"
                + " (LossOutput.mean), of which smaller ones make another loss; return"
                + " LossOutput.of(sum, weight), or set perDeviceTrainBatchSize to "
                + session.batches().size()
                + " and gradientAccumulationSteps to "
                + session.batches().perUpdate());
      }
      return update(means > 0, microBatches, samples, streamState);
    } finally {
      release();
    }
  }

  /** Runs what may be run again when memory is short. */
  private <T> T sparing(Supplier<T> work) {
    if (!trainer.args().autoFindBatchSize()) {
      return work.get();
    }
    try {
      return work.get();
    } catch (RuntimeException | OutOfMemoryError e) {
      MemoryShortage shortage = MemoryShortage.of(e);
      if (shortage == null) {
        throw e;
      }
      throw shortage;
    }
  }

  /** Forward and backward of one micro batch, seeded by its position. */
  private LossOutput step(Batch batch, int microBatch) {
    long seed =
        Seeds.mix(
            trainer.args().seed(),
            session.progress().globalStep(),
            microBatch,
            trainer.processes().rank());
    return sparing(() -> Seeds.with(seed, () -> trainer.runTrainingStep(batch.inputs())));
  }

  private void keep(LossOutput loss) {
    losses.add(ArrayScope.keep(loss.value(), scalars));
    if (loss.weightArray() == null) {
      knownWeight += loss.weight();
    } else {
      weights.add(ArrayScope.keep(loss.weightArray(), scalars));
    }
    loss.parts()
        .forEach(
            (name, part) ->
                parts
                    .computeIfAbsent(name, n -> new ArrayList<>())
                    .add(ArrayScope.keep(part, scalars)));
  }

  /** The weight of the losses of all ranks; where there is one only, the device is not asked for it. */
  private LossWeight weight() {
    LossWeight local = LossWeight.of(knownWeight, weights);
    return trainer.processes().worldSize() == 1
        ? local
        : LossWeight.of(trainer.processes().sum(local.value())[0]);
  }

  private UpdateOutcome update(
      boolean mean, int microBatches, long samples, @Nullable Map<String, Object> streamState) {
    LossWeight lossWeight = weight();
    double factor = session.rateFactor();
    LossScaler scaler = session.lossScaler();
    NanPolicy policy = trainer.args().nanPolicy();
    UpdateRequest request =
        new UpdateRequest(
            losses,
            lossWeight,
            scaler == null ? 1 : scaler.seed(),
            trainer.args().maxGradNorm(),
            factor,
            scaler != null || policy != NanPolicy.CONTINUE);
    trainer.awaitCopied();
    UpdateResult result;
    // An optimizer or callback of the user's own may compute with arrays: outside of autograd, and
    // what it leaves behind is closed.
    try (ArrayScope scope = ArrayScope.open();
        Autograd.Recording off = Autograd.record(false)) {
      long start = System.nanoTime();
      result = session.optimizer().update(request, new Phases());
      session.clock().ranOptimizer(start);
    }
    double weight = lossWeight.value();
    if (weight == 0) {
      throw nothingToLearn();
    }
    if (scaler != null) {
      scaler.afterUpdate(result.stepTaken());
    }
    if (scaler != null && Double.isFinite(result.lossSum()) && !scaler.isExhausted()) {
      tellSkipped(result, scaler);
    } else if (!result.isFinite()) {
      notFinite(result, policy, weight);
    }
    Map<String, Double> partMeans = new LinkedHashMap<>();
    List<NDArray> all = parts.values().stream().flatMap(List::stream).toList();
    double[] numbers = TorchFunctions.numbers(all);
    int next = 0;
    for (Map.Entry<String, List<NDArray>> part : parts.entrySet()) {
      int end = next + part.getValue().size();
      partMeans.put(part.getKey(), Arrays.stream(numbers, next, end).sum() / weight);
      next = end;
    }
    return new UpdateOutcome(
        result.lossSum() / weight,
        mean ? 1 : weight,
        partMeans,
        result.gradientNorm(),
        session.optimizer().groups().get(0).learningRate() * factor,
        result.stepTaken(),
        session.batches().asPlanned(microBatches, samples),
        samples,
        streamState);
  }

  private IllegalStateException nothingToLearn() {
    return new IllegalStateException(
        "update "
            + (session.progress().globalStep() + 1)
            + " has nothing to learn from: the weight of its losses is 0, as when every label is"
            + " -100; drop such samples from the data, or look at how labels are made");
  }

  /** That gradients overflow now and then is how the scale finds its place. */
  private void tellSkipped(UpdateResult result, LossScaler scaler) {
    if (!result.stepTaken()) {
      trainer
          .runLog()
          .info(
              "update {}: gradients overflowed in float16, the step is skipped; the loss scale is"
                  + " now {}",
              session.progress().globalStep() + 1,
              scaler.scale());
    }
  }

  private void notFinite(UpdateResult result, NanPolicy policy, double weight) {
    long update = session.progress().globalStep() + 1;
    StringBuilder what = new StringBuilder("update " + update + ": ");
    for (int i = 0; i < losses.size(); i++) {
      double loss = TorchFunctions.number(losses.get(i));
      if (!Double.isFinite(loss)) {
        what.append("the loss of micro batch ").append(i + 1).append(" is ").append(loss);
        break;
      }
    }
    if (Double.isFinite(result.lossSum())) {
      what.append("the loss is ").append(result.lossSum() / weight);
      what.append(" but the gradient norm is ").append(result.gradientNorm());
    }
    switch (policy) {
      case FAIL ->
          throw new NonFiniteLossException(
              what
                  + "; the parameters are as they were before it. Lower learningRate, add"
                  + " warmupSteps, look at this update's data, or choose nanPolicy SKIP or"
                  + " CONTINUE");
      case SKIP -> trainer.runLog().warn("{}; the update is skipped (nanPolicy SKIP)", what);
      case CONTINUE -> trainer.runLog().warn("{} (nanPolicy CONTINUE)", what);
    }
  }

  private void release() {
    losses.forEach(NDArray::close);
    losses.clear();
    weights.forEach(NDArray::close);
    weights.clear();
    knownWeight = 0;
    parts.values().forEach(values -> values.forEach(NDArray::close));
    parts.clear();
  }

  @Override
  public void close() {
    scalars.close();
  }

  /** Tells the callbacks about the phases inside an update. */
  private final class Phases implements UpdateObserver {
    @Override
    public boolean isWatching() {
      return trainer.callbacks().watchesUpdates();
    }

    @Override
    public boolean looksForCulprits() {
      return trainer.callbacks().looksForCulprits();
    }

    @Override
    public void notFinite(UpdateResult found) {
      trainer
          .callbacks()
          .onNonFinite(
              session.progress().snapshot(),
              new NonFiniteUpdate(
                  session.progress().globalStep() + 1,
                  losses.stream().map(TorchFunctions::number).toList(),
                  found.gradientNorm(),
                  trainer.args().nanPolicy()));
    }

    @Override
    public void beforeStep() {
      trainer.callbacks().onPreOptimizerStep(session.progress().snapshot());
    }

    @Override
    public void afterStep() {
      trainer.callbacks().onOptimizerStep(session.progress().snapshot());
    }
  }
}
