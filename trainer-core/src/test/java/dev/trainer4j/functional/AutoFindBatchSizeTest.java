// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a run whose micro batches are too large for the memory. */
class AutoFindBatchSizeTest {

  private static final int SAMPLES = 22;

  @TempDir Path outputDir;

  /** Where memory runs out. */
  private enum At {
    FORWARD,
    JAVA_HEAP,
    /** When all gradients have been added. */
    BACKWARD
  }

  /** A trainer on a machine whose memory suffices for some samples at a time. */
  private static class Cramped extends Trainer {
    private final int most;
    private final At at;

    Cramped(Builder builder, int most, At at) {
      super(builder);
      this.most = most;
      this.at = at;
    }

    @Override
    protected LossOutput trainingStep(TrainableModel model, ModelInputs inputs) {
      boolean tooLarge = inputs.get("x").getShape().get(0) > most;
      if (tooLarge && at == At.FORWARD) {
        runOut(model.manager());
      }
      if (tooLarge && at == At.JAVA_HEAP) {
        throw new OutOfMemoryError("Java heap space");
      }
      LossOutput loss = super.trainingStep(model, inputs);
      if (tooLarge && at == At.BACKWARD) {
        runOut(model.manager());
      }
      return loss;
    }

    /** No machine has that much; libtorch's allocator says so at once. */
    private static void runOut(NDManager manager) {
      manager.zeros(new Shape(1L << 46));
      throw new AssertionError("256 TiB were allocated");
    }
  }

  /** What of a run may not depend on micro batches. */
  private record Outcome(
      Map<String, List<Double>> weights, List<LogEntry> logs, int trainBatchSize, long begun) {}

  private TrainingArguments.Builder args(String name, int batch, int accumulation) {
    return TrainingArguments.builder()
        .outputDir(outputDir.resolve(name))
        .perDeviceTrainBatchSize(batch)
        .gradientAccumulationSteps(accumulation)
        .numTrainEpochs(2)
        .learningRate(0.05)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.NO);
  }

  private static Outcome train(
      TrainingArguments args, int most, At at, double dropout, ResumeFrom from, long stopAt) {
    long[] begun = new long[1];
    TrainerCallback watch =
        new TrainerCallback() {
          @Override
          public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
            begun[0]++;
          }

          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() == stopAt) {
              control.requestSave();
              control.requestTrainingStop();
            }
          }
        };
    try (TinyModel model = new TinyModel(7, (float) dropout);
        Trainer trainer = new Cramped(builder(model, args).callback(watch), most, at)) {
      trainer.train(from);
      List<LogEntry> logs = new ArrayList<>(trainer.state().logHistory());
      logs.removeIf(entry -> entry.values().containsKey("train_runtime"));
      return new Outcome(model.weights(), logs, trainer.state().trainBatchSize(), begun[0]);
    }
  }

  private static Trainer.Builder builder(TinyModel model, TrainingArguments args) {
    return Trainer.builder(model.model(), args).trainDataset(TinyData.points(SAMPLES, 1));
  }

  private Outcome train(TrainingArguments args, int most, At at) {
    return train(args, most, at, 0, ResumeFrom.never(), -1);
  }

  private void assertEqualsSmallFromTheStart(At at) {
    Outcome found = train(args("found", 8, 1).autoFindBatchSize(true).build(), 2, at);
    Outcome small = train(args("small", 2, 4).build(), 2, at);

    assertThat(found.weights()).isEqualTo(small.weights());
    assertThat(found.trainBatchSize()).isEqualTo(2);
    // 22 samples are updates of 8, 8 and 6; the first begins again with 4, and again with 2.
    assertThat(found.begun()).isEqualTo(6 + 2);
    assertThat(found.logs()).extracting(LogEntry::step).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(found.logs())
        .extracting(log -> log.value("loss"))
        .isEqualTo(small.logs().stream().map(log -> log.value("loss")).toList());
    assertThat(found.logs().get(5).values()).containsEntry("epoch", 2.0);
  }

  @Test
  void anUpdateKeepsItsSamplesWhenLibtorchRunsOutOfMemory() {
    assertEqualsSmallFromTheStart(At.FORWARD);
  }

  @Test
  void anUpdateKeepsItsSamplesWhenTheHeapRunsOutOfMemory() {
    assertEqualsSmallFromTheStart(At.JAVA_HEAP);
  }

  @Test
  void gradientsOfTheUpdateThatFailedAreNotCounted() {
    assertEqualsSmallFromTheStart(At.BACKWARD);
  }

  @Test
  void aSizeIsTakenThatFillsTheUpdate() {
    // Of 2 times 9 samples: 9 is too large, half of it is 4, which does not divide 18; 3 does.
    Outcome found = train(args("found", 9, 2).autoFindBatchSize(true).build(), 4, At.FORWARD);
    Outcome small = train(args("small", 3, 6).build(), 4, At.FORWARD);

    assertThat(found.trainBatchSize()).isEqualTo(3);
    assertThat(found.weights()).isEqualTo(small.weights());
  }

  @Test
  void nothingChangesWhereMemorySuffices() {
    Outcome with = train(args("with", 8, 1).autoFindBatchSize(true).build(), 8, At.FORWARD);
    Outcome without = train(args("without", 8, 1).build(), 8, At.FORWARD);

    assertThat(with.weights()).isEqualTo(without.weights());
    assertThat(with.logs()).isEqualTo(without.logs());
    assertThat(with.trainBatchSize()).isEqualTo(8);
  }

  @Test
  void aRunThatResumesGoesOnWithTheSizeThatWasFoundToTheBit() {
    UnaryOperator<TrainingArguments.Builder> find = args -> args.autoFindBatchSize(true);
    Outcome whole =
        train(find.apply(args("whole", 8, 1)).build(), 2, At.FORWARD, 0.3, ResumeFrom.never(), -1);
    train(find.apply(args("out", 8, 1)).build(), 2, At.FORWARD, 0.3, ResumeFrom.never(), 2);

    Outcome resumed =
        train(find.apply(args("out", 8, 1)).build(), 2, At.FORWARD, 0.3, ResumeFrom.latest(), -1);

    assertThat(resumed.weights()).isEqualTo(whole.weights());
    assertThat(resumed.trainBatchSize()).isEqualTo(2);
  }

  @Test
  void aRunThatResumesWithAnotherSizeBeginsWithThatOne() {
    train(
        args("out", 8, 1).autoFindBatchSize(true).build(), 2, At.FORWARD, 0, ResumeFrom.never(), 2);

    Outcome resumed =
        train(
            args("out", 4, 2).autoFindBatchSize(true).build(),
            4,
            At.FORWARD,
            0,
            ResumeFrom.latest(),
            -1);

    assertThat(resumed.trainBatchSize()).isEqualTo(4);
  }

  /** Runs out of memory once, in a loss of the run; its gradients are fresh until then. */
  private Outcome trainFailingAtLoss(String name, int batch, int accumulation, int failing) {
    AtomicInteger losses = new AtomicInteger();
    TrainingArguments args = args(name, batch, accumulation).autoFindBatchSize(true).build();
    try (TinyModel model = new TinyModel(7, 0);
        Trainer trainer =
            new Trainer(builder(model, args)) {
              @Override
              protected LossOutput computeLoss(TrainableModel m, ModelInputs inputs) {
                LossOutput loss = super.computeLoss(m, inputs);
                if (losses.incrementAndGet() == failing) {
                  Cramped.runOut(m.manager());
                }
                return loss;
              }
            }) {
      trainer.train();
      return new Outcome(model.weights(), List.of(), trainer.state().trainBatchSize(), 0);
    }
  }

  @Test
  void whatWasDoneBeforeMemoryRanOutIsKept() {
    // The first update takes 8 samples at once, all others two times 4.
    Outcome found = trainFailingAtLoss("found", 8, 1, 2);
    Outcome small = train(args("small", 4, 2).build(), 4, At.FORWARD);

    assertThat(found.trainBatchSize()).isEqualTo(4);
    assertClose(found, small);
  }

  @Test
  void gradientsOfMicroBatchesBeforeTheOneThatFailedAreNotCountedTwice() {
    Outcome found = trainFailingAtLoss("found", 4, 2, 4);
    Outcome small = train(args("small", 2, 4).build(), 2, At.FORWARD);

    assertThat(found.trainBatchSize()).isEqualTo(2);
    assertClose(found, small);
  }

  /** Sums of the same samples in another order. */
  private static void assertClose(Outcome actual, Outcome expected) {
    actual
        .weights()
        .forEach(
            (name, values) -> {
              for (int i = 0; i < values.size(); i++) {
                assertThat(values.get(i))
                    .isCloseTo(expected.weights().get(name).get(i), within(1e-4));
              }
            });
  }

  private void trainWith(Throwable fault) {
    AtomicBoolean thrown = new AtomicBoolean();
    try (TinyModel model = new TinyModel(7, 0);
        Trainer trainer =
            new Trainer(builder(model, args("out", 8, 1).autoFindBatchSize(true).build())) {
              @Override
              protected LossOutput computeLoss(TrainableModel m, ModelInputs inputs) {
                if (thrown.compareAndSet(false, true)) {
                  throw fault instanceof Error error ? sneaky(error) : (RuntimeException) fault;
                }
                return super.computeLoss(m, inputs);
              }
            }) {
      trainer.train();
      assertThat(trainer.state().trainBatchSize()).isEqualTo(4);
    }
  }

  private static RuntimeException sneaky(Error error) {
    throw error;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA out of memory. Tried to allocate 2.00 GiB",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."
      })
  void whatAllocatorsSayIsUnderstood(String message) {
    trainWith(new EngineException(message));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Metaspace", "Compressed class space", "unable to create native thread"})
  void whatASmallerBatchDoesNotRelieveComesThrough(String message) {
    assertThatThrownBy(() -> trainWith(new OutOfMemoryError(message)))
        .isInstanceOf(OutOfMemoryError.class)
        .hasMessage(message);
  }

  @Test
  void oneSampleIsRefusedBecauseItCannotBeSplit() {
    assertThatThrownBy(() -> args("out", 1, 8).autoFindBatchSize(true).build())
        .hasMessageContaining("autoFindBatchSize = true")
        .hasMessageContaining("perDeviceTrainBatchSize above 1");
  }

  @Test
  void saysSoWhenMemoryDoesNotSufficeForOneSample() {
    assertThatThrownBy(
            () -> train(args("out", 8, 1).autoFindBatchSize(true).build(), 0, At.FORWARD))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("autoFindBatchSize: memory does not suffice for one sample")
        .hasMessageContaining("gradientCheckpointing")
        .hasCauseInstanceOf(EngineException.class);
  }

  @Test
  void theAllocatorsOwnErrorComesThroughWhenNobodyAskedForASearch() {
    assertThatThrownBy(() -> train(args("out", 8, 1).build(), 2, At.FORWARD))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("allocate memory");
    assertThatThrownBy(() -> train(args("out", 8, 1).build(), 2, At.JAVA_HEAP))
        .isInstanceOf(OutOfMemoryError.class);
  }

  @Test
  void aMeanOfSmallerMicroBatchesIsRefusedBecauseItIsAnotherLoss() {
    TrainingArguments args = args("out", 8, 1).autoFindBatchSize(true).build();
    try (TinyModel model = new TinyModel(7, 0);
        Trainer trainer =
            new Cramped(builder(model, args), 4, At.FORWARD) {
              @Override
              protected LossOutput computeLoss(TrainableModel m, ModelInputs inputs) {
                return super.computeLoss(m, inputs).asMean();
              }
            }) {
      assertThatThrownBy(trainer::train)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("LossOutput.mean")
          .hasMessageContaining("perDeviceTrainBatchSize to 4 and gradientAccumulationSteps to 2");
    }
  }

  @Test
  void otherErrorsAreNotTakenForAShortage() {
    try (TinyModel model = new TinyModel(7, 0);
        Trainer trainer =
            new Trainer(builder(model, args("out", 8, 1).autoFindBatchSize(true).build())) {
              @Override
              protected LossOutput trainingStep(TrainableModel m, ModelInputs inputs) {
                throw new IllegalStateException("another fault");
              }
            }) {
      assertThatThrownBy(trainer::train)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("another fault");
    }
  }

  @Test
  void aLoaderOfOneSizeIsRefusedAtTheStart() {
    try (TinyModel model = new TinyModel(7, 0);
        Trainer trainer =
            new Trainer(builder(model, args("out", 8, 1).autoFindBatchSize(true).build())) {
              @Override
              protected DataLoader getTrainDataLoader() {
                return new FixedLoader(super.getTrainDataLoader());
              }
            }) {
      assertThatThrownBy(trainer::train)
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("withBatchSize");
    }
  }

  private record FixedLoader(DataLoader loader) implements DataLoader {
    @Override
    public OptionalLong sampleCount() {
      return loader.sampleCount();
    }

    @Override
    public OptionalLong batchesPerEpoch() {
      return loader.batchesPerEpoch();
    }

    @Override
    public int batchSize() {
      return loader.batchSize();
    }

    @Override
    public BatchIterator iterate(NDManager parent, long epoch, long firstSample) {
      return loader.iterate(parent, epoch, firstSample);
    }
  }

  @Test
  void refusesToDropTheLastMicroBatch() {
    assertThatThrownBy(
            () -> args("out", 8, 1).autoFindBatchSize(true).dataloaderDropLast(true).build())
        .hasMessageContaining("autoFindBatchSize = true")
        .hasMessageContaining("dataloaderDropLast false");
  }

  @Test
  void theReserveOfAGpuCannotBeGivenBackOnACpu() {
    TrainingArguments args = args("out", 8, 1).torchEmptyCacheSteps(10).useCpu(true).build();
    try (TinyModel model = new TinyModel(7, 0)) {
      assertThatThrownBy(() -> builder(model, args).build())
          .hasMessageContaining("torchEmptyCacheSteps: 10")
          .hasMessageContaining("leave it out");
    }
  }
}
