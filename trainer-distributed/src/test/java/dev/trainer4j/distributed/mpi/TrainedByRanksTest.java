// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.process.ProcessGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Trainers in real processes, against one process that learns of the same global batches. */
@Timeout(300)
class TrainedByRanksTest {

  private static final String[] MODELS = {"block", "bert", "llama", "lora", "exact"};

  @TempDir static Path folder;

  /** A job a number of ranks: starting processes takes longer than training. */
  @BeforeAll
  static void train() throws Exception {
    Mpirun.requireInstalled();
    TrainMain alone = new TrainMain(ProcessGroup.single(), folder);
    for (String model : MODELS) {
      alone.run(model);
    }
    alone.run("block-at-once");
    alone.run("bert-at-once");
    alone.run("bf16-0");
    alone.run("nf4-0");
    alone.run("undisturbed-7");
    alone.run("undisturbed-9");
    run(
        4,
        "block bert llama lora exact save-4 main-first"
            + " bert-zero1 lora-zero1 block-zero2 llama-zero2 bert-zero3 lora-zero3");
    run(
        2,
        "block bert llama lora exact buffers from-4 request-stop early-stopping nan short-memory failed-save"
            + " other-arguments other-data block-at-once bert-at-once bert-again lora-again signal-2 signal-3"
            + " block-zero1 llama-zero1 bert-zero2 lora-zero2 block-zero3 llama-zero3"
            + " bf16-3 bf16-3-deferred nf4-3 nf4-3-deferred");
    run(3, "from-2");
  }

  private static void run(int ranks, String what) throws Exception {
    Object[] arguments = (folder + " " + what).split(" ");
    Mpirun.Ended ended = Mpirun.of(ranks, folder).run(TrainMain.class, arguments);
    assertThat(ended.exitCode()).as(ended.output()).isZero();
    Files.writeString(folder.resolve("output-of-" + ranks), ended.output());
  }

  private static Recorded recorded(String what, int worldSize, int rank) throws IOException {
    return Recorded.read(TrainMain.file(folder, what, worldSize, rank));
  }

  private static void assertSame(Recorded actual, Recorded expected, double precision) {
    assertThat(actual.values().keySet()).isEqualTo(expected.values().keySet());
    actual
        .values()
        .forEach(
            (name, value) -> {
              double other = expected.values().get(name);
              assertThat(Math.abs(value - other))
                  .as("%s: %s and %s", name, value, other)
                  .isLessThanOrEqualTo(precision(name, precision) * Math.max(1, Math.abs(other)));
            });
  }

  /** Terms of a gradient cancel each other out, so what is left of float32's rounding depends on the processor. */
  private static double precision(String name, double precision) {
    return name.endsWith("grad_norm") ? 10 * precision : precision;
  }

  @ParameterizedTest
  @CsvSource({
    "block, 2",
    "block, 4",
    "bert, 2",
    "bert, 4",
    "llama, 2",
    "llama, 4",
    "lora, 2",
    "lora, 4"
  })
  void ranksLearnWhatOneProcessLearns(String model, int ranks) throws IOException {
    Recorded alone = recorded(model, 1, 0);
    assertThat(alone.values().keySet())
        .anyMatch(name -> name.matches("log \\d+ loss"))
        .anyMatch(name -> name.equals("metric eval_accuracy"))
        .anyMatch(name -> name.startsWith("weight "));
    for (int rank = 0; rank < ranks; rank++) {
      assertSame(recorded(model, ranks, rank), alone, 1e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"block", "bert"})
  void gradientsThatAreAddedUpInTheirOwnMemoryAreThoseOfAllRanks(String model) throws IOException {
    for (int rank = 0; rank < 2; rank++) {
      assertSame(recorded(model + "-at-once", 2, rank), recorded(model + "-at-once", 1, 0), 1e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "lora"})
  void ranksThatShareGradientsMayComputeActivationsAgain(String model) throws IOException {
    for (int rank = 0; rank < 2; rank++) {
      assertSame(recorded(model + "-again", 2, rank), recorded(model, 1, 0), 1e-6);
    }
  }

  /** In bfloat16, and quantized to 4 bits; read whole and then shared out, or read in shares. */
  @ParameterizedTest
  @CsvSource({"bf16, 3", "bf16, 3-deferred", "nf4, 3", "nf4, 3-deferred"})
  void ranksThatShareABaseOfFewBitsLearnTheAdaptersOfOneProcess(String bits, String how)
      throws IOException {
    Recorded alone = recorded(bits + "-0", 1, 0);
    assertThat(alone.values().keySet()).anyMatch(name -> name.contains("lora_B"));
    for (int rank = 0; rank < 2; rank++) {
      assertSame(recorded(bits + "-" + how, 2, rank), alone, 1e-6);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "block, 1, 2",
    "bert, 1, 4",
    "llama, 1, 2",
    "lora, 1, 4",
    "block, 2, 4",
    "bert, 2, 2",
    "llama, 2, 4",
    "lora, 2, 2",
    "block, 3, 2",
    "bert, 3, 4",
    "llama, 3, 2",
    "lora, 3, 4"
  })
  void ranksThatShareOutLearnWhatOneProcessLearns(String model, int stage, int ranks)
      throws IOException {
    for (int rank = 0; rank < ranks; rank++) {
      assertSame(recorded(model + "-zero" + stage, ranks, rank), recorded(model, 1, 0), 1e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void inFloat64RanksLearnTheSameOfTheSameSamples(int ranks) throws IOException {
    Recorded alone = recorded("exact", 1, 0);
    assertThat(alone.values()).containsKeys("update 1 sample 11");
    for (int rank = 0; rank < ranks; rank++) {
      assertSame(recorded("exact", ranks, rank), alone, 1e-12);
    }
  }

  /** From 4 ranks to 2, and from those 2 to 3, in the middle of epochs. */
  @ParameterizedTest
  @CsvSource({"from-4, 2, undisturbed-7", "from-2, 3, undisturbed-9"})
  void aResumedRunGoesOnAsIfNothingHadHappened(String what, int ranks, String undisturbed)
      throws IOException {
    Map<String, Double> expected = recorded(undisturbed, 1, 0).values();
    for (int rank = 0; rank < ranks; rank++) {
      Map<String, Double> resumed = recorded(what, ranks, rank).values();
      assertThat(resumed.keySet()).anyMatch(name -> name.startsWith("update "));
      // Samples of updates before the checkpoint were seen by the processes before.
      expected.keySet().stream()
          .filter(name -> resumed.containsKey(name) || !name.startsWith("update "))
          .filter(name -> !name.endsWith("train_loss"))
          // Counted in rounds of micro batches, which are of another size where three ranks share
          // twelve samples.
          .filter(name -> !name.endsWith(" epoch"))
          .forEach(
              name ->
                  assertThat(Math.abs(resumed.get(name) - expected.get(name)))
                      .as(name)
                      .isLessThanOrEqualTo(1e-12));
    }
  }

  @Test
  void runningMeansAreThoseOfRankZero() throws IOException {
    Map<String, Double> first = recorded("buffers", 2, 0).values();
    assertThat(recorded("buffers", 2, 1).values()).isEqualTo(first);
    assertThat(first.keySet()).anyMatch(name -> name.toLowerCase().contains("mean"));
  }

  /** Both ranks say what is expected; the last one was the reason. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "request-stop|3 updates, REQUESTED",
        "early-stopping|9 updates, CALLBACK",
        "nan|6 updates, COMPLETED",
        "other-arguments|the training arguments are not the same on all ranks: learning_rate is 0.25 on rank 0, and 0.5 on rank 1",
        "other-data|the number of training samples is not the same on all ranks: rank 0 has 29, rank 1 has 28",
      })
  void whatHappensOnOneRankAllRanksKnow(String what, String outcome) throws IOException {
    for (int rank = 0; rank < 2; rank++) {
      assertThat(Files.readString(Troubles.file(folder, what, rank))).contains(outcome);
    }
  }

  /** Gradients and the optimizer shared out, and parameters, too. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void aSignalToOneRankSavesTheSharesOfAllAndTheRunGoesOnToTheBit(int stage) throws IOException {
    for (int rank = 0; rank < 2; rank++) {
      assertThat(Files.readString(Troubles.file(folder, "signal-" + stage, rank)))
          .isEqualTo("early true, saved true, ended true, same true");
    }
  }

  @Test
  void aMicroBatchThatIsTooLargeForOneRankIsCutOnAll() throws IOException {
    for (int rank = 0; rank < 2; rank++) {
      assertThat(Files.readString(Troubles.file(folder, "short-memory", rank)))
          .startsWith("6 updates");
    }
    assertThat(Files.readString(Troubles.file(folder, "short-memory", 1)))
        .contains("micro batches of at most 3");
  }

  @Test
  void aSaveThatFailsOnRankZeroFailsOnAll() throws IOException {
    assertThat(Files.readString(Troubles.file(folder, "failed-save", 0))).contains("checkpoint-4");
    assertThat(Files.readString(Troubles.file(folder, "failed-save", 1)))
        .contains("rank 0: Cannot save", "checkpoint-4");
    assertThat(folder.resolve("out-failed-save/checkpoint-2")).isDirectory();
  }

  @Test
  void oneProcessPreparesDataForAll() throws IOException {
    for (int rank = 0; rank < 4; rank++) {
      assertThat(Files.readString(Troubles.file(folder, "main-first", rank)))
          .isEqualTo("by rank 0");
    }
  }

  @Test
  void onlyRankZeroSpeaks() throws IOException {
    List<String> summaries =
        Files.readAllLines(folder.resolve("output-of-4")).stream()
            .filter(line -> line.contains("Running training"))
            .toList();
    assertThat(summaries).hasSize(12);
  }
}
