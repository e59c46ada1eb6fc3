// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.StopReason;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.DdpBackend;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.functional.WorldRuns.Seen;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.ForwardingGroup;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What happens on one rank of several, and what all of them make of it. */
@Timeout(300)
class WorldEventsTest {

  @TempDir Path folder;

  @Test
  void aTrainerKnowsBeforeItsFirstRunWhetherItsProcessIsTheFirst() throws Exception {
    List<Boolean> first =
        InMemoryWorld.call(
            2,
            group -> {
              try (TinyModel tiny = new TinyModel(1, 0);
                  Trainer trainer = trainer(tiny, group, 11)) {
                return trainer.state().isWorldProcessZero();
              }
            });

    assertThat(first).containsExactly(true, false);
  }

  private Trainer trainer(TinyModel tiny, ProcessGroup group, int evaluationSamples) {
    return Trainer.builder(tiny.model(), WorldRuns.args(folder, 2).build())
        .trainDataset(TinyData.points(WorldRuns.SAMPLES, 1))
        .evalDataset(TinyData.points(evaluationSamples, 2))
        .processGroup(group)
        .build();
  }

  /** Asks on one rank alone. */
  private static final class StopOn implements TrainerCallback {
    private final boolean here;

    StopOn(boolean here) {
      this.here = here;
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (here && state.globalStep() == 3) {
        control.requestTrainingStop();
      }
    }
  }

  @Test
  void whatACallbackOfOneRankAsksForAllRanksDo() throws Exception {
    List<Seen> ranks =
        InMemoryWorld.call(
            2,
            group ->
                WorldRuns.train(
                    group,
                    WorldRuns.args(folder, 2).build(),
                    ResumeFrom.never(),
                    new StopOn(group.rank() == 1)));

    assertThat(ranks)
        .allSatisfy(
            rank -> {
              assertThat(rank.output().globalStep()).isEqualTo(3);
              assertThat(rank.output().stopReason()).isEqualTo(StopReason.CALLBACK);
            });
  }

  @Test
  void ranksWithOtherArgumentsAreToldSoBeforeTheFirstUpdate() {
    assertThatThrownBy(
            () ->
                InMemoryWorld.run(
                    2,
                    group ->
                        WorldRuns.train(
                            group,
                            WorldRuns.args(folder, 2).learningRate(0.1 + group.rank()).build(),
                            ResumeFrom.never())))
        .hasStackTraceContaining(
            "the training arguments are not the same on all ranks: learning_rate is 0.1 on rank 0, and 1.1"
                + " on rank 1. Give all ranks the same.");
  }

  @Test
  void ranksWithOtherEvaluationDataAreAllToldSo() throws Exception {
    List<String> errors =
        InMemoryWorld.call(
            2,
            group -> {
              try (TinyModel tiny = new TinyModel(1, 0);
                  Trainer trainer = trainer(tiny, group, 11 - group.rank())) {
                return assertThrows(IllegalStateException.class, trainer::evaluate).getMessage();
              }
            });

    assertThat(errors)
        .containsOnly(
            "the evaluation data is not the same on all ranks: rank 0 has 11 samples in batches of 3, rank"
                + " 1 has 10 samples in batches of 3. Give all ranks the same.");
  }

  @Test
  void onlyTheMainRankWritesAndASaveThatFailsEndsAllRanks() throws Exception {
    Path out = folder.resolve("failing");
    List<Throwable> errors =
        InMemoryWorld.call(
            2,
            group -> {
              try {
                WorldRuns.train(
                    group,
                    WorldRuns.args(out, 2)
                        .saveStrategy(IntervalStrategy.STEPS)
                        .saveSteps(2)
                        .build(),
                    ResumeFrom.never(),
                    new Blocking(group.isMain(), out));
                return new AssertionError("it was saved");
              } catch (RuntimeException e) {
                return e;
              }
            });
    assertThat(errors.get(0)).hasStackTraceContaining("checkpoint-4");
    assertThat(errors.get(1))
        .hasMessageContaining("rank 0: Cannot save")
        .hasMessageContaining("checkpoint-4");
    assertThat(out.resolve("checkpoint-2")).isDirectory();
  }

  @Test
  void anotherBackendThanThatOfTheProcessesIsRefused() {
    assertThatThrownBy(
            () ->
                InMemoryWorld.run(
                    2,
                    group ->
                        WorldRuns.train(
                            group,
                            WorldRuns.args(folder, 2).ddpBackend(DdpBackend.NCCL).build(),
                            ResumeFrom.never())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "ddpBackend is nccl, but the model is on cpu(), and tensors there go through threads: leave"
                + " ddpBackend out, or train on another device");
  }

  /** Puts a file where the second checkpoint is to be. */
  private static final class Blocking implements TrainerCallback {
    private final boolean here;
    private final Path out;

    Blocking(boolean here, Path out) {
      this.here = here;
      this.out = out;
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (here && state.globalStep() == 3) {
        try {
          Files.writeString(out.resolve("checkpoint-4"), "in the way");
        } catch (java.io.IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }
    }
  }

  /**
   * Between updates, whether the run is to end and what callbacks ask for, and again behind what was due; in an update
   * also what all have to learn from, and which gradients there are.
   */
  @ParameterizedTest
  @CsvSource({"100, 1", "1, 2"})
  void ranksAskOnceBetweenUpdatesAndOnceMoreBehindALogLine(int loggingSteps, int between)
      throws Exception {
    List<List<Integer>> asked =
        InMemoryWorld.call(
            2,
            group -> {
              CountingGroup counting = new CountingGroup(group);
              List<Integer> counted = new ArrayList<>();
              TrainerCallback counts =
                  new TrainerCallback() {
                    @Override
                    public void onStepEnd(
                        CallbackContext ctx, TrainerState state, TrainerControl control) {
                      counted.add(counting.gathered);
                      counting.gathered = 0;
                    }

                    @Override
                    public void onStepBegin(
                        CallbackContext ctx, TrainerState state, TrainerControl control) {
                      if (state.globalStep() > 0) {
                        counted.add(counting.gathered);
                      }
                    }
                  };
              TrainingArguments args =
                  WorldRuns.args(folder.resolve("asked"), 2)
                      .maxSteps(4)
                      .loggingSteps(loggingSteps)
                      .evalStrategy(IntervalStrategy.NO)
                      .build();
              WorldRuns.train(counting, args, ResumeFrom.never(), counts);
              return counted;
            });
    assertThat(asked)
        .allSatisfy(
            counts ->
                assertThat(counts.subList(1, counts.size()))
                    .containsExactly(
                        between, between + 2, between, between + 2, between, between + 2));
  }

  /** Counts what ranks tell each other in bytes. */
  private static final class CountingGroup implements ForwardingGroup {
    private final ProcessGroup group;
    private int gathered;

    CountingGroup(ProcessGroup group) {
      this.group = group;
    }

    @Override
    public ProcessGroup group() {
      return group;
    }

    @Override
    public List<byte[]> allGather(byte[] bytes) {
      gathered++;
      return group.allGather(bytes);
    }
  }
}
