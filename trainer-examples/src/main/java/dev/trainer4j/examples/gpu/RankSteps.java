// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import ai.djl.Device;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.distributed.launch.Launch;
import dev.trainer4j.distributed.launch.LaunchException;
import dev.trainer4j.examples.gpu.Lab.Run;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.Devices;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** What two processes do together, each with a GPU of its own: NCCL refuses to share one. */
final class RankSteps {

  static final int RANKS = 2;

  private static final ObjectMapper JSON = new ObjectMapper();

  private RankSteps() {}

  static Finding collectives(Lab lab) throws IOException {
    Optional<Finding> none = launch(lab, "collectives");
    if (none.isPresent()) {
      return none.get();
    }
    Map<String, Double> figures = figures(lab.folder());
    return Finding.onGpu(
        lab,
        figures.getOrDefault("checks", 0.0) > 0,
        String.format(
            Locale.ROOT,
            "%.0f checks hold through %s; an all-reduce of %.0f MB moves %.2f GB/s",
            figures.getOrDefault("checks", 0.0),
            lab.isGpu() ? "NCCL" : "Open MPI",
            figures.getOrDefault("megabytes", 0.0),
            figures.getOrDefault("gigabytes_per_second", 0.0)),
        figures);
  }

  /** Ten updates of each family in two processes, beside the same in one. */
  static Finding training(Lab lab) throws IOException {
    for (String family : Texts.families().keySet()) {
      Texts.save(lab, family, 0);
    }
    Optional<Finding> none = launch(lab, "training");
    if (none.isPresent()) {
      return none.get();
    }
    Map<String, Double> figures = new TreeMap<>();
    for (String family : Texts.families().keySet()) {
      Run alone = RankProgram.train(lab, family, ProcessGroup.single());
      Path folder = RankProgram.result(lab, family);
      Map<String, Double> losses = figures(folder);
      List<Double> ofRanks =
          IntStream.range(0, losses.size())
              .mapToObj(i -> losses.getOrDefault("" + i, Double.NaN))
              .toList();
      figures.put(family + " losses", Lab.difference(alone.losses(), ofRanks));
      try (PretrainedModel together = Texts.load(folder, family, Device.cpu())) {
        figures.put(family + " weights", Lab.difference(alone.weights(), Lab.weights(together)));
      }
    }
    double worst = Collections.max(figures.values());
    return Finding.onGpu(
        lab,
        worst < 1e-4,
        String.format(
            Locale.ROOT,
            "losses and weights differ by up to %.1e from those of one process",
            worst),
        figures);
  }

  private static Map<String, Double> figures(Path folder) throws IOException {
    return JSON.readValue(folder.resolve(RankProgram.RESULT).toFile(), RankProgram.FIGURES);
  }

  /** Runs the program of this name in every rank; says why not, where that cannot be. */
  private static Optional<Finding> launch(Lab lab, String program) throws IOException {
    if (lab.isGpu() && !hasSecond()) {
      return Optional.of(
          new Finding(
              Verdict.NEEDS_A_CARD,
              "libtorch sees one GPU, and each rank needs its own",
              Map.of()));
    }
    Files.createDirectories(lab.folder());
    Launch launch = Launch.processes(RANKS).silently();
    try {
      (lab.isGpu() ? launch : launch.flag("cpu", "true"))
          .run(RankProgram.class, program, lab.isGpu() ? "gpu" : "cpu", lab.folder().toString())
          .orThrow();
      return Optional.empty();
    } catch (LaunchException e) {
      return Optional.of(
          new Finding(Verdict.NEEDS_A_CARD, String.valueOf(e.getMessage()), Map.of()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while ranks ran", e);
    }
  }

  private static boolean hasSecond() {
    try {
      return Devices.require("the second rank's device", Device.gpu(1)).isGpu();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
