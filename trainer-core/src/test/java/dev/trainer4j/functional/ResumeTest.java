// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.StopReason;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.optim.ParameterGroups;
import dev.trainer4j.parity.EventRecorder.Event;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Crash;
import dev.trainer4j.testing.TestRun;
import dev.trainer4j.testing.TestRun.Outcome;
import dev.trainer4j.testing.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that was interrupted and resumed equals one that was not, to the bit. */
@SuppressWarnings("UnnecessaryLambda") // Named sets of arguments read better as constants.
class ResumeTest {

  private static void saveEveryStep(TrainingArguments.Builder args) {
    args.saveStrategy(IntervalStrategy.STEPS).saveSteps(1);
  }

  private static void allByEpoch(TrainingArguments.Builder args) {
    args.saveStrategy(IntervalStrategy.EPOCH)
        .evalStrategy(IntervalStrategy.EPOCH)
        .loggingStrategy(IntervalStrategy.EPOCH);
  }

  @TempDir Path folder;

  private TestRun run(String name) {
    return TestRun.into(folder.resolve(name));
  }

  private static void assertSame(Outcome resumed, Outcome whole) {
    assertThat(resumed.result().globalStep()).isEqualTo(whole.result().globalStep());
    assertThat(resumed.weights()).isEqualTo(whole.weights());
    assertThat(resumed.timelessLog()).isEqualTo(whole.timelessLog());
    assertThat(resumed.result().trainingLoss()).isEqualTo(whole.result().trainingLoss());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 3, 5, 8})
  void afterAnyUpdateWithDropoutAndAccumulation(long crash) {
    Outcome whole = run("whole").args(ResumeTest::saveEveryStep).train();

    Outcome crashed =
        run("crashed").args(ResumeTest::saveEveryStep).callback(Crash.after(crash)).train();
    assertThat(crashed.failure()).hasMessageContaining("crash after update " + crash);
    Outcome resumed = run("crashed").args(ResumeTest::saveEveryStep).train(ResumeFrom.latest());

    assertSame(resumed, whole);
  }

  @ParameterizedTest
  @EnumSource(
      value = SchedulerType.class,
      names = {"LINEAR", "COSINE", "REDUCE_LR_ON_PLATEAU", "GREEDY"})
  void withTheScheduleWhereItWas(SchedulerType type) {
    Consumer<TrainingArguments.Builder> args =
        builder ->
            builder
                .lrSchedulerType(type)
                .saveStrategy(IntervalStrategy.STEPS)
                .saveSteps(2)
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(1)
                .loggingSteps(1);
    Outcome whole = run("whole").args(args).train();
    run("crashed").args(args).callback(Crash.after(5)).train();

    assertSame(run("crashed").args(args).train(ResumeFrom.latest()), whole);
  }

  /** Of which the norm and each rate of the last update are in a checkpoint. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void withParametersOfSeveralRates(int rates) {
    Consumer<Trainer.Builder> groups =
        builder ->
            builder.parameterGroups(
                all -> {
                  for (int i = 1; i < rates; i++) {
                    String name = List.of("fc2.bias", "fc1.bias", "fc1.weight").get(i - 1);
                    all = ParameterGroups.byPattern(all, name, 0.05 / (i + 1));
                  }
                  return all;
                });
    Outcome whole = run("whole").builder(groups).args(ResumeTest::saveEveryStep).train();
    run("crashed").builder(groups).args(ResumeTest::saveEveryStep).callback(Crash.after(5)).train();

    assertSame(
        run("crashed").builder(groups).args(ResumeTest::saveEveryStep).train(ResumeFrom.latest()),
        whole);
    assertThat(whole.log().get(0).values().keySet())
        .filteredOn(name -> name.startsWith("learning_rate"))
        .hasSize(rates);
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5, 6})
  void withEpochStrategiesWithoutLosingOrRepeatingAnEvent(long crash) {
    Outcome whole = run("whole").args(ResumeTest::allByEpoch).watched().train();

    Outcome crashed =
        run("crashed").args(ResumeTest::allByEpoch).watched().callback(Crash.after(crash)).train();
    Outcome resumed =
        run("crashed").args(ResumeTest::allByEpoch).watched().train(ResumeFrom.latest());

    assertSame(resumed, whole);
    // All up to the last save, then all that came after the resumed run's beginning.
    List<Event> events = new ArrayList<>(crashed.events());
    long saved = crash / TestRun.UPDATES_PER_EPOCH * TestRun.UPDATES_PER_EPOCH;
    events.subList(events.lastIndexOf(new Event("on_save", saved)) + 1, events.size()).clear();
    List<Event> rest = resumed.events();
    assertThat(rest.get(1)).isEqualTo(new Event("on_train_begin", saved));
    events.addAll(rest.subList(2, rest.size()));
    assertThat(events).isEqualTo(whole.events());
  }

  /** The checkpoint of an epoch's last update is written before the epoch's end is served. */
  @ParameterizedTest
  @ValueSource(longs = {3, 6, 9})
  void withTheEpochEndThatACrashCutOff(long crash) {
    Consumer<TrainingArguments.Builder> args =
        builder -> {
          allByEpoch(builder);
          saveEveryStep(builder);
        };
    Outcome whole = run("whole").args(args).train();
    run("crashed").args(args).callback(Crash.atEpochEndAfter(crash)).train();

    assertSame(run("crashed").args(args).train(ResumeFrom.latest()), whole);
  }

  @Test
  void twice() {
    Outcome whole = run("whole").args(ResumeTest::saveEveryStep).train();

    run("crashed").args(ResumeTest::saveEveryStep).callback(Crash.after(2)).train();
    run("crashed")
        .args(ResumeTest::saveEveryStep)
        .callback(Crash.after(7))
        .train(ResumeFrom.latest());

    assertSame(run("crashed").args(ResumeTest::saveEveryStep).train(ResumeFrom.latest()), whole);
  }

  /** Not to the bit: sums of the same numbers in another order are rounded differently. */
  @ParameterizedTest
  @CsvSource({"8, 1, 4, 2", "8, 1, 2, 4", "4, 2, 8, 1"})
  void withAnotherMicroBatchOfTheSameUpdate(
      int batch, int accumulation, int batchAfter, int accumulationAfter) {
    Consumer<TrainingArguments.Builder> before =
        args -> args.perDeviceTrainBatchSize(batch).gradientAccumulationSteps(accumulation);
    Outcome expected = run("whole").precise().args(ResumeTest::saveEveryStep).args(before).train();

    run("crashed")
        .precise()
        .args(ResumeTest::saveEveryStep)
        .args(before)
        .callback(Crash.after(4))
        .train();
    Outcome resumed =
        run("crashed")
            .precise()
            .args(ResumeTest::saveEveryStep)
            .args(
                args ->
                    args.perDeviceTrainBatchSize(batchAfter)
                        .gradientAccumulationSteps(accumulationAfter))
            .train(ResumeFrom.latest());

    assertThat(resumed.result().globalStep()).isEqualTo(TestRun.UPDATES);
    assertClose(resumed, expected);
  }

  private static void assertClose(Outcome actual, Outcome expected) {
    expected
        .weights()
        .forEach(
            (name, values) -> {
              for (int i = 0; i < values.size(); i++) {
                assertThat(actual.weights().get(name).get(i))
                    .as("%s[%d]", name, i)
                    .isCloseTo(values.get(i), within(1e-9));
              }
            });
  }

  @Test
  void afterRequestStopWhichSavesWhereItStops() {
    Consumer<TrainingArguments.Builder> rarely =
        args -> args.saveStrategy(IntervalStrategy.STEPS).saveSteps(100);
    Outcome whole = run("whole").args(rarely).train();

    AtomicReference<Trainer> trainer = new AtomicReference<>();
    TestRun stopping = run("stopped").args(rarely).callback(new StopFromAnotherThread(trainer, 4));
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer stopped = stopping.trainer(model)) {
      trainer.set(stopped);
      assertThat(stopped.train())
          .satisfies(
              output -> {
                assertThat(output.globalStep()).isEqualTo(4);
                assertThat(output.stopReason()).isEqualTo(StopReason.REQUESTED);
              });
    }
    assertThat(folder.resolve("stopped/checkpoint-4")).isDirectory();
    Outcome resumed = run("stopped").args(rarely).train(ResumeFrom.latest());
    assertThat(resumed.weights()).isEqualTo(whole.weights());
    assertThat(resumed.result().stopReason()).isEqualTo(StopReason.COMPLETED);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void fromShards(boolean async) {
    Outcome whole = run("whole").args(ResumeTest::saveEveryStep).train();
    Consumer<TrainingArguments.Builder> sharded =
        args -> saveEveryStep(args.maxShardSize("300").asyncSave(async));
    run("crashed").args(sharded).callback(Crash.after(5)).train();

    // 288 and 48 bytes of the first layer, 144 and 12 of the second.
    assertThat(folder.resolve("crashed/checkpoint-5").toFile().list())
        .contains(
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json")
        .doesNotContain("model.safetensors");
    Outcome resumed = run("crashed").args(sharded).train(ResumeFrom.latest());
    assertThat(resumed.weights()).isEqualTo(whole.weights());
  }

  @Test
  void ofAFinishedRunDoesNothingMore() {
    Outcome whole = run("whole").args(ResumeTest::saveEveryStep).train();
    Outcome again = run("whole").args(ResumeTest::saveEveryStep).train(ResumeFrom.latest());

    assertThat(again.weights()).isEqualTo(whole.weights());
    assertThat(again.result().globalStep()).isEqualTo(TestRun.UPDATES);
    assertThat(again.result().trainingLoss()).isEqualTo(whole.result().trainingLoss());
  }

  @Test
  void fromAPathOfAnotherOutputDir() {
    Outcome whole = run("whole").args(ResumeTest::saveEveryStep).train();

    Outcome resumed = run("elsewhere").train(ResumeFrom.path(folder.resolve("whole/checkpoint-5")));

    assertThat(resumed.weights()).isEqualTo(whole.weights());
  }

  @Test
  void skipsANewestCheckpointThatIsDamaged() throws IOException {
    Outcome whole = run("whole").args(ResumeTest::saveEveryStep).train();
    run("crashed").args(ResumeTest::saveEveryStep).callback(Crash.after(6)).train();
    flipLastByte(folder.resolve("crashed/checkpoint-6/model.safetensors"));
    Files.delete(folder.resolve("crashed/checkpoint-5/optimizer.safetensors"));

    assertSame(run("crashed").args(ResumeTest::saveEveryStep).train(ResumeFrom.latest()), whole);
  }

  @Test
  void refusesADamagedPath() throws IOException {
    run("whole").args(ResumeTest::saveEveryStep).train();
    Path damaged = folder.resolve("whole/checkpoint-5");
    flipLastByte(damaged.resolve("model.safetensors"));

    Outcome outcome = run("whole").train(ResumeFrom.path(damaged));

    assertThat(outcome.failure())
        .hasMessageContaining("checkpoint-5")
        .hasMessageContaining("model.safetensors");
    assertThat(outcome.weights()).isEqualTo(untrained());
  }

  private static void flipLastByte(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }

  private static java.util.Map<String, List<Double>> untrained() {
    try (TinyModel model = new TinyModel(1, 0.3f)) {
      return model.weights();
    }
  }

  @Test
  void refusesWithoutACheckpoint() {
    assertThat(run("empty").train(ResumeFrom.latest()).failure())
        .hasMessageContaining("no intact checkpoint")
        .hasMessageContaining(folder.resolve("empty").toString())
        .hasMessageContaining("ResumeFrom.never()");
    assertThat(run("empty").train(ResumeFrom.path(folder.resolve("missing"))).failure())
        .hasMessageContaining(folder.resolve("missing").toString());
  }

  @Test
  void refusesOtherDataAndLeavesTheModelAsItWas() {
    run("whole").args(ResumeTest::saveEveryStep).train();

    Outcome other = run("whole").args(args -> args.seed(7)).train(ResumeFrom.latest());

    assertThat(other.failure())
        .hasMessageContaining("seed is 7, it was 42")
        .hasMessageContaining("allowChanges()");
    assertThat(other.weights()).isEqualTo(untrained());
    assertThat(
            run("whole")
                .args(args -> args.seed(7))
                .train(ResumeFrom.latest().allowChanges())
                .result()
                .globalStep())
        .isEqualTo(TestRun.UPDATES);
  }

  @Test
  void refusesACheckpointOfTheModelAloneAndLeavesTheModelAsItWas() {
    run("model").args(ResumeTest::saveEveryStep).args(args -> args.saveOnlyModel(true)).train();

    Outcome outcome = run("model").train(ResumeFrom.latest());

    assertThat(outcome.failure()).hasMessageContaining("no optimizer state (saveOnlyModel)");
    assertThat(outcome.weights()).isEqualTo(untrained());
  }

  @Test
  void refusesAnotherModel() {
    run("whole").args(ResumeTest::saveEveryStep).train();

    assertThatThrownBy(
            () -> {
              try (var manager =
                      ai.djl.ndarray.NDManager.newBaseManager(ai.djl.Device.cpu(), "PyTorch");
                  Trainer trainer =
                      Trainer.builder(
                              new dev.trainer4j.model.FunctionModel(
                                  java.util.Map.of(
                                      "w", manager.ones(new ai.djl.ndarray.types.Shape(3))),
                                  manager,
                                  (inputs, training) -> {
                                    throw new AssertionError("not reached");
                                  }),
                              TrainingArguments.builder()
                                  .outputDir(folder.resolve("whole"))
                                  .build())
                          .trainDataset(dev.trainer4j.testing.TinyData.points(22, 1))
                          .build()) {
                trainer.train(ResumeFrom.latest());
              }
            })
        .hasMessageContaining("belongs to another model")
        .hasMessageContaining("missing w")
        .hasMessageContaining("unexpected fc1.weight");
  }

  @Test
  void argumentsOfThisRunWin() throws IOException {
    run("crashed").args(ResumeTest::saveEveryStep).callback(Crash.after(4)).train();

    Outcome resumed =
        run("crashed")
            .args(args -> args.saveStrategy(IntervalStrategy.STEPS).saveSteps(4).loggingSteps(3))
            .train(ResumeFrom.latest());

    assertThat(resumed.log().stream().filter(line -> line.value("loss").isPresent()))
        .extracting(line -> line.step())
        .containsExactly(2L, 4L, 6L, 9L);
    try (Stream<Path> saved = Files.list(folder.resolve("crashed"))) {
      assertThat(saved.map(path -> path.getFileName().toString()))
          .contains("checkpoint-4", "checkpoint-8", "checkpoint-9")
          .doesNotContain("checkpoint-5", "checkpoint-6", "checkpoint-7");
    }
  }

  /** Asks from a thread of its own while the update is in progress. */
  private record StopFromAnotherThread(AtomicReference<Trainer> trainer, long step)
      implements TrainerCallback {
    @Override
    public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() == step - 1) {
        Thread thread = new Thread(trainer.get()::requestStop);
        thread.start();
        try {
          thread.join();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }
}
