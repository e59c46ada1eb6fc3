// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.examples.gpu.Lab.Run;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.TorchEngine;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** What one rank does; rank 0 writes what was found. */
public final class RankProgram {

  static final String RESULT = "figures.json";

  static final TypeReference<TreeMap<String, Double>> FIGURES = new TypeReference<>() {};

  private static final int BATCH = 8;

  private static final ObjectMapper JSON = new ObjectMapper();

  private RankProgram() {}

  /**
   * Runs in every rank.
   *
   * @param args {@code collectives} or {@code training}; {@code cpu} or {@code gpu}; a folder
   */
  public static void main(String[] args) throws IOException {
    Device device = args[1].equals("gpu") ? Device.gpu() : Device.cpu();
    Lab lab = new Lab(device, Path.of(args[2]));
    try (ProcessGroup group = ProcessGroup.launched()) {
      if (args[0].equals("collectives")) {
        collectives(lab, group);
      } else {
        for (String family : Texts.families().keySet()) {
          train(lab, family, group);
        }
      }
      group.barrier();
    }
  }

  private static void collectives(Lab lab, ProcessGroup group) throws IOException {
    try (NDManager manager = TorchEngine.get().newBaseManager(lab.device())) {
      Map<String, Double> figures = new CollectiveChecks(group, manager).run(lab.isGpu() ? 100 : 4);
      if (group.isMain()) {
        JSON.writeValue(lab.folder().resolve(RESULT).toFile(), figures);
      }
    }
  }

  /** Where a family's trained model and losses are. */
  static Path result(Lab lab, String family) {
    return lab.folder().resolve(family + "-trained");
  }

  /** Ten updates of eight texts, shared among the ranks; where there are several, rank 0 writes the model and its losses. */
  static Run train(Lab lab, String family, ProcessGroup group) throws IOException {
    Path folder = lab.folder().resolve(family + "-whole");
    try (PretrainedModel model = Texts.load(folder, family, lab.device())) {
      Run run =
          Lab.train(
              model,
              Texts.texts(40, 12, Texts.TOKENS, false),
              lab.arguments(family + "-rank")
                  .perDeviceTrainBatchSize(BATCH / group.worldSize())
                  .optim(OptimizerName.SGD)
                  .maxSteps(10)
                  .useCpu(!lab.isGpu())
                  .build());
      if (group.worldSize() > 1 && group.isMain()) {
        write(lab, family, model, run);
      }
      return run;
    }
  }

  private static void write(Lab lab, String family, PretrainedModel model, Run run)
      throws IOException {
    Path folder = Files.createDirectories(result(lab, family));
    model.save(folder);
    Map<String, Double> losses = new TreeMap<>();
    for (int i = 0; i < run.losses().size(); i++) {
      losses.put(String.valueOf(i), run.losses().get(i));
    }
    JSON.writeValue(folder.resolve(RESULT).toFile(), losses);
  }
}
