// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import static dev.trainer4j.args.IntervalStrategy.STEPS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.SmallRun.Result;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.checkpoint.CheckpointVerification;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.testing.Crash;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AsyncSaveTest {

  private final Path folder;

  AsyncSaveTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private SmallRun run(String name, boolean async) {
    return SmallRun.into(folder.resolve(name))
        .args(args -> args.saveStrategy(STEPS).saveSteps(1).asyncSave(async))
        .extras(extras -> Files.writeString(extras.resolve("config.json"), "{}"));
  }

  /** Every file but those that hold names of arguments and folders. */
  private Map<String, String> files(String name) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    Path root = folder.resolve(name);
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String relative = root.relativize(file).toString();
        if (!relative.matches(".*(training_args|manifest|lock).*")) {
          contents.put(relative, java.util.HexFormat.of().formatHex(Files.readAllBytes(file)));
        }
      }
    }
    return contents;
  }

  @Test
  void writesTheFilesOfASaveThatWasWaitedFor() throws IOException {
    Result sync = run("sync", false).train();
    Result async = run("async", true).train();

    assertThat(files("async")).isEqualTo(files("sync")).hasSize(9 * 6);
    assertThat(SmallRun.steps(folder.resolve("async"))).hasSize(9);
    assertThat(async.weights()).isEqualTo(sync.weights());
    assertThat(async.saves()).isEqualTo(sync.saves());
  }

  @Test
  void resumesToTheBit() {
    Result whole = run("whole", true).train();
    run("out", true)
        .train(
            ResumeFrom.never(),
            trainer -> {
              if (trainer.state().globalStep() == 4) {
                trainer.requestStop();
              }
            });
    assertThat(run("out", true).train(ResumeFrom.latest()).weights()).isEqualTo(whole.weights());
  }

  @Test
  void aSaveWhoseCopyIsUnderWayWhenTheRunFailsIsWhole() throws IOException {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      // So large that the copy takes longer than it takes to fail.
      NDArray large = manager.ones(new Shape(6, 500_000));
      FunctionModel model =
          new FunctionModel(
              Map.of("large", large),
              manager,
              (inputs, training) -> ModelOutput.logits(inputs.get("x").matMul(large.get(":, :3"))));
      TrainingArguments args =
          TrainingArguments.builder()
              .outputDir(folder.resolve("out"))
              .perDeviceTrainBatchSize(4)
              .saveStrategy(STEPS)
              .saveSteps(1)
              .asyncSave(true)
              .build();
      try (Trainer trainer =
          Trainer.builder(model, args)
              .trainDataset(TinyData.points(22, 1))
              .callback(Crash.after(1))
              .build()) {
        assertThatThrownBy(trainer::train).hasMessageContaining("crash after update 1");
      }
    }
    CheckpointVerification found =
        new CheckpointStore(folder.resolve("out")).verify(folder.resolve("out/checkpoint-1"));
    assertThat(found.status()).isEqualTo(CheckpointVerification.Status.VALID);
  }

  @Test
  void rotatesAndLoadsTheBestOfWhatIsOnDisk() throws IOException {
    Result result =
        run("out", true)
            .args(args -> args.saveTotalLimit(2).evalStrategy(STEPS).evalSteps(1))
            .args(args -> args.loadBestModelAtEnd(true).metricForBestModel("score"))
            .scores(1, 2, 3, 4, 5, 6, 7, 8, 9)
            .train();

    assertThat(result.weights()).isEqualTo(result.weightsAfter().get(9L));
    assertThat(SmallRun.steps(folder.resolve("out"))).containsExactly(8L, 9L);
  }

  /** A link is refused only when the folder is sealed, which is in the background. */
  private SmallRun failingAt(int save) {
    AtomicInteger saves = new AtomicInteger();
    return run("out", true)
        .extras(
            extras -> {
              if (saves.incrementAndGet() == save) {
                Files.createSymbolicLink(extras.resolve("link"), folder);
              }
            });
  }

  @Test
  void anErrorInTheBackgroundEndsTheRunAtTheNextUpdateAndEarlierCheckpointsStand()
      throws IOException {
    List<Long> steps = new ArrayList<>();

    assertThatThrownBy(
            () ->
                failingAt(4)
                    .train(ResumeFrom.never(), trainer -> steps.add(trainer.state().globalStep())))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("checkpoint-4")
        .hasMessageContaining("cannot hold links")
        .hasMessageContaining("earlier ones stand");

    assertThat(steps).containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(SmallRun.steps(folder.resolve("out"))).containsExactly(1L, 2L, 3L);
    assertThat(names("out"))
        .containsExactlyInAnyOrder(
            "checkpoint-1", "checkpoint-2", "checkpoint-3", ".trainer4j.lock");
    assertThat(run("out", true).train(ResumeFrom.latest()).output().globalStep()).isEqualTo(9);
  }

  private List<String> names(String name) throws IOException {
    try (Stream<Path> children = Files.list(folder.resolve(name))) {
      return children.map(child -> child.getFileName().toString()).toList();
    }
  }

  @Test
  void anErrorOfTheLastSaveIsThrownAtTheEnd() throws IOException {
    assertThatThrownBy(() -> failingAt(9).train())
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("checkpoint-9");
    assertThat(SmallRun.steps(folder.resolve("out"))).hasSize(8);
  }
}
