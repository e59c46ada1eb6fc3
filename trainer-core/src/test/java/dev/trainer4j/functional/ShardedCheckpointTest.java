// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.functional.ShardedRuns.Seen;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.testing.ForwardingGroup;
import dev.trainer4j.testing.InMemoryWorld;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checkpoints of ranks that share the optimizer out, against a run that nobody has disturbed. */
@Timeout(300)
class ShardedCheckpointTest {

  private static final int SAVED = 5;

  @TempDir Path folder;

  /** How ranks hold state, and how they write it. */
  enum Mode {
    DDP,
    ZERO1,
    ZERO2_FULL,
    ZERO2_PIECES;

    TrainingArguments.Builder args(Path out, int worldSize) {
      return switch (this) {
        case DDP -> ShardedRuns.args(out, worldSize, 0);
        case ZERO1 -> ShardedRuns.args(out, worldSize, 1);
        case ZERO2_FULL -> ShardedRuns.args(out, worldSize, 2);
        case ZERO2_PIECES ->
            ShardedRuns.args(out, worldSize, 0)
                .deepspeed(Map.of())
                .fsdp(List.of("shard_grad_op"))
                .fsdpConfig(Map.of("state_dict_type", "SHARDED_STATE_DICT"));
      };
    }
  }

  private Path out() {
    return folder.resolve("out");
  }

  private List<Seen> train(TrainingArguments args, int worldSize, ResumeFrom from)
      throws Exception {
    return InMemoryWorld.call(worldSize, group -> ShardedRuns.train(group, args, from));
  }

  private TrainingArguments saving(Mode mode, int worldSize) {
    return mode.args(out(), worldSize)
        .maxSteps(SAVED)
        .lrSchedulerType(SchedulerType.CONSTANT)
        .saveStrategy(IntervalStrategy.STEPS)
        .saveSteps(SAVED)
        .build();
  }

  private ResumeFrom saved() {
    return ResumeFrom.path(out().resolve("checkpoint-" + SAVED));
  }

  private static TrainingArguments.Builder whole(TrainingArguments.Builder args) {
    return args.lrSchedulerType(SchedulerType.CONSTANT).maxSteps(9);
  }

  @ParameterizedTest
  @CsvSource({
    "ZERO1, 4, ZERO1, 2",
    "ZERO1, 3, ZERO1, 1",
    "ZERO1, 1, ZERO2_FULL, 4",
    "ZERO2_FULL, 2, ZERO1, 3",
    "ZERO2_PIECES, 4, ZERO2_PIECES, 2",
    "ZERO2_PIECES, 2, ZERO2_PIECES, 3",
    "ZERO2_PIECES, 3, ZERO2_PIECES, 1",
    "ZERO2_PIECES, 1, ZERO2_PIECES, 4",
    "DDP, 2, ZERO2_PIECES, 2",
    "DDP, 2, ZERO1, 3",
    "ZERO2_PIECES, 2, DDP, 3",
    "ZERO1, 2, DDP, 2",
  })
  void aRunGoesOnWithAnyNumberOfRanksAsIfNobodyHadStoppedIt(
      Mode before, int ranksBefore, Mode after, int ranksAfter) throws Exception {
    Seen alone =
        train(whole(Mode.DDP.args(folder.resolve("alone"), 1)).build(), 1, ResumeFrom.never())
            .get(0);
    List<Seen> unused = train(saving(before, ranksBefore), ranksBefore, ResumeFrom.never());
    List<Seen> resumed = train(whole(after.args(out(), ranksAfter)).build(), ranksAfter, saved());

    assertThat(resumed).hasSize(ranksAfter);
    resumed.forEach(rank -> ShardedRuns.assertSameWeights(rank, alone));
  }

  @Test
  void fullStateDictsAreTheFilesOfOneProcess() throws Exception {
    List<Seen> unused = train(saving(Mode.ZERO2_FULL, 3), 3, ResumeFrom.never());
    assertThat(files()).contains("optimizer.safetensors", "model.safetensors");
    assertThat(files()).noneMatch(name -> name.contains("-of-"));
  }

  @Test
  void shardedStateDictsHaveAFileOfEachRankAndAreInTheManifest() throws Exception {
    List<Seen> unused = train(saving(Mode.ZERO2_PIECES, 3), 3, ResumeFrom.never());
    assertThat(files())
        .contains(
            "optimizer-00001-of-00003.safetensors",
            "optimizer-00002-of-00003.safetensors",
            "optimizer-00003-of-00003.safetensors");
    assertThat(Files.readString(out().resolve("checkpoint-5").resolve("manifest.json")))
        .contains("optimizer-00003-of-00003.safetensors");
    assertThat(new CheckpointStore(out()).latestValid()).isPresent();
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(out().resolve("checkpoint-" + SAVED))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  /** Weights for evaluations go into a checkpoint, and what is trained comes out of it. */
  @ParameterizedTest
  @CsvSource({"ZERO2_PIECES, 3, ZERO1, 2", "ZERO1, 2, DDP, 1"})
  void scheduleFreeStateGoesOn(Mode before, int ranksBefore, Mode after, int ranksAfter)
      throws Exception {
    Seen alone =
        train(
                whole(Mode.DDP.args(folder.resolve("alone"), 1))
                    .optim(OptimizerName.SCHEDULE_FREE_ADAMW)
                    .build(),
                1,
                ResumeFrom.never())
            .get(0);
    List<Seen> unused =
        train(
            saving(before, ranksBefore).toBuilder()
                .optim(OptimizerName.SCHEDULE_FREE_ADAMW)
                .build(),
            ranksBefore,
            ResumeFrom.never());
    List<Seen> resumed =
        train(
            whole(after.args(out(), ranksAfter)).optim(OptimizerName.SCHEDULE_FREE_ADAMW).build(),
            ranksAfter,
            saved());
    resumed.forEach(rank -> ShardedRuns.assertSameWeights(rank, alone));
  }

  /** Puts a folder where a rank is to write a file of the second checkpoint, once, as soon as there is one. */
  private record InTheWay(ProcessGroup group, Path out, String file, AtomicBoolean isThere)
      implements ForwardingGroup {

    @Override
    public List<byte[]> allGather(byte[] bytes) {
      List<byte[]> all = group.allGather(bytes);
      if (!isThere.get() && Files.isDirectory(out.resolve("checkpoint-2"))) {
        try (DirectoryStream<Path> begun = Files.newDirectoryStream(out, ".checkpoint-4.tmp*")) {
          for (Path folder : begun) {
            Files.createDirectories(folder.resolve(file).resolve("in the way"));
            isThere.set(true);
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      return all;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ZERO2_PIECES, 1, optimizer-00002-of-00003.safetensors",
    "ZERO2_FULL, 0, optimizer.safetensors",
  })
  void whatOneRankCannotWriteEndsAllOfThemAndTheEarlierCheckpointStands(
      Mode mode, int unlucky, String file) throws Exception {
    TrainingArguments args =
        mode.args(out(), 3).saveStrategy(IntervalStrategy.STEPS).saveSteps(2).build();
    List<Throwable> errors =
        InMemoryWorld.call(
            3,
            group -> {
              ProcessGroup own =
                  group.rank() == unlucky
                      ? new InTheWay(group, out(), file, new AtomicBoolean())
                      : group;
              try {
                Seen seen = ShardedRuns.train(own, args, ResumeFrom.never());
                return new AssertionError("it was saved: " + seen);
              } catch (RuntimeException e) {
                return e;
              }
            });
    assertThat(errors)
        .allSatisfy(
            error ->
                assertThat(error).hasMessageContainingAll("Cannot save", "checkpoint-4", file));
    assertThat(errors.get((unlucky + 1) % 3)).hasMessageStartingWith("rank " + unlucky + ": ");
    assertThat(new CheckpointStore(out()).list()).hasSize(1);
    assertThat(new CheckpointStore(out()).latestValid()).contains(out().resolve("checkpoint-2"));
    try (Stream<Path> left = Files.list(out())) {
      assertThat(left.map(Path::getFileName).map(Path::toString))
          .noneMatch(name -> name.contains(".tmp"));
    }
  }

  @Test
  void aStateOfAnotherOptimizerIsRefusedOnAllRanks() throws Exception {
    List<Seen> unused = train(saving(Mode.ZERO1, 3), 3, ResumeFrom.never());
    List<Throwable> errors =
        InMemoryWorld.call(
            2,
            group -> {
              try {
                Seen seen =
                    ShardedRuns.train(
                        group,
                        whole(Mode.ZERO1.args(out(), 2)).optim(OptimizerName.LION_32BIT).build(),
                        saved());
                return new AssertionError("it went on: " + seen);
              } catch (RuntimeException e) {
                return e;
              }
            });
    assertThat(errors)
        .hasSize(2)
        .allSatisfy(
            error ->
                assertThat(error)
                    .hasMessageContaining("belongs to another optimizer")
                    .hasMessageContaining("unexpected fc1.bias.exp_avg_sq"));
  }
}
