// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.faults;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.checkpoint.Checkpoint;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.testing.TestRun;
import dev.trainer4j.testing.TestRun.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Trains on disks of ever more pages, each until it is full, then makes the disk large and goes on.
 * Runs in a mount namespace of its own, where it may mount.
 */
final class FullDiskChild {

  private FullDiskChild() {}

  /** Arguments: a folder, the most pages. Prints a line for each disk, see {@link FullDiskTest}. */
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    Map<String, List<Double>> whole = run(folder.resolve("whole"), false).train().weights();
    for (int pages = 1; pages <= Integer.parseInt(args[1]); pages++) {
      for (boolean async : new boolean[] {false, true}) {
        Path disk = Files.createDirectories(folder.resolve(pages + "-" + async));
        mount("-t", "tmpfs", "-o", "size=" + 4 * pages + "k", "tmpfs", disk.toString());
        report(pages, disk, async, whole);
      }
    }
  }

  private static TestRun run(Path outputDir, boolean async) {
    return TestRun.into(outputDir)
        .args(args -> args.saveStrategy(IntervalStrategy.STEPS).saveSteps(4).asyncSave(async));
  }

  private static void report(int pages, Path disk, boolean async, Map<String, List<Double>> whole)
      throws Exception {
    Path outputDir = disk.resolve("out");
    Outcome full = run(outputDir, async).train();
    List<Long> left = wholeCheckpoints(outputDir);
    mount("-o", "remount,size=4m", disk.toString());
    Outcome resumed = run(outputDir, async).train(ResumeFrom.latestIfAny());
    List<String> hidden = new ArrayList<>();
    try (Stream<Path> children = Files.list(outputDir)) {
      children
          .map(child -> child.getFileName().toString())
          .filter(name -> name.startsWith(".checkpoint-"))
          .forEach(hidden::add);
    }
    String failure = full.failure() == null ? "none" : full.failure().getMessage();
    System.out.println(
        String.join(
            "\t",
            "disk",
            String.valueOf(pages),
            failure.replace('\n', ' '),
            left.toString(),
            String.valueOf(resumed.result().globalStep() == 9 && resumed.weights().equals(whole)),
            wholeCheckpoints(outputDir).toString(),
            hidden.toString()));
  }

  /** The steps of what is called a checkpoint; all must be whole. */
  private static List<Long> wholeCheckpoints(Path outputDir) throws IOException {
    CheckpointStore store = new CheckpointStore(outputDir);
    List<Long> steps = new ArrayList<>();
    for (Checkpoint checkpoint : store.list()) {
      if (!store.verify(checkpoint.path()).isValid()) {
        throw new AssertionError(store.verify(checkpoint.path()).summary());
      }
      steps.add(checkpoint.step());
    }
    return steps;
  }

  private static void mount(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("mount"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).inheritIO().start();
    if (process.waitFor() != 0) {
      throw new IOException(Objects.toString(command) + " failed");
    }
  }
}
