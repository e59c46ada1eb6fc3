// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.examples.gpu.Lab.Run;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.TorchEngine;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Checkpoints across devices, and how far runs repeat. */
final class StateSteps {

  private StateSteps() {}

  static Finding checkpoints(Lab lab) throws IOException {
    Map<String, Double> figures = new TreeMap<>();
    List<byte[]> files = new ArrayList<>();
    Map<String, float[]> whole =
        lab.train(lab.device(), Networks::layers, Networks.points(), "whole", args -> args)
            .weights();
    for (boolean async : new boolean[] {false, true}) {
      String name = async ? "async" : "sync";
      Path folder = lab.folder().resolve(name);
      TrainingArguments.Builder args =
          lab.arguments(name).saveStrategy(IntervalStrategy.STEPS).saveSteps(10).asyncSave(async);
      Map<String, float[]> end = run(lab.device(), args.build(), ResumeFrom.never());
      Path saved = folder.resolve("checkpoint-20").resolve("model.safetensors");
      figures.put(async ? "async file" : "sync file", Lab.difference(end, read(saved)));
      files.add(
          Files.readAllBytes(folder.resolve("checkpoint-10").resolve("optimizer.safetensors")));
      ResumeFrom middle = ResumeFrom.path(folder.resolve("checkpoint-10"));
      TrainingArguments rest =
          lab.arguments("rest-" + async).saveStrategy(IntervalStrategy.NO).build();
      figures.put(
          "resumed, async " + async, Lab.difference(whole, run(lab.device(), rest, middle)));
      figures.put(
          "resumed on the CPU, async " + async,
          1e-3 * Lab.difference(whole, run(Device.cpu(), rest, middle)));
    }
    boolean equal = Arrays.equals(files.get(0), files.get(1));
    double worst = figures.values().stream().mapToDouble(x -> x).max().orElseThrow();
    return Finding.onGpu(
        lab,
        equal && worst < 1e-7,
        String.format(
            Locale.ROOT,
            "weights differ by up to %.1e; asynchronous files %s",
            worst,
            equal ? "are the same" : "differ"),
        figures);
  }

  private static Map<String, float[]> run(
      Device device, TrainingArguments args, ResumeFrom resume) {
    try (NDManager manager = TorchEngine.get().newBaseManager(device)) {
      TrainableModel model = Networks.layers(manager);
      try (Trainer trainer = Trainer.builder(model, args).trainDataset(Networks.points()).build()) {
        trainer.train(resume);
      }
      return Lab.weights(model);
    }
  }

  private static Map<String, float[]> read(Path file) throws IOException {
    Map<String, float[]> weights = new TreeMap<>();
    try (NDManager host = TorchEngine.get().newBaseManager(Device.cpu());
        SafetensorsFile saved = SafetensorsFile.open(file)) {
      for (String name : saved.names()) {
        weights.put(name, saved.read(name, host).toFloatArray());
      }
    }
    return weights;
  }

  static Finding repeats(Lab lab) throws IOException {
    Map<String, Double> figures = new TreeMap<>();
    for (String family : List.of("bert", "llama", "t5")) {
      Path folder = Texts.save(lab, family, 0.1);
      Run first = run(lab, folder, family, true, false);
      figures.put(family + " again", distance(first, run(lab, folder, family, true, false)));
      if (family.equals("bert")) {
        figures.put(
            family + " with gradientCheckpointing",
            distance(first, run(lab, folder, family, true, true)));
      }
    }
    double worst = figures.values().stream().mapToDouble(x -> x).max().orElseThrow();
    return Finding.onGpu(
        lab,
        worst == 0,
        worst == 0
            ? "two runs with dropout and fullDeterminism are equal to the bit"
            : String.format(Locale.ROOT, "two runs differ by up to %.1e: %s", worst, figures),
        figures);
  }

  private static double distance(Run one, Run other) {
    return Math.max(
        Lab.difference(one.losses(), other.losses()),
        Lab.difference(one.weights(), other.weights()));
  }

  private static Run run(
      Lab lab, Path folder, String family, boolean determined, boolean checkpointing)
      throws IOException {
    try (PretrainedModel model = Texts.load(folder, family, lab.device())) {
      return Lab.train(
          model,
          Texts.texts(32, 12, Texts.TOKENS, false),
          lab.arguments("repeat")
              .maxSteps(4)
              .fullDeterminism(determined)
              .gradientCheckpointing(checkpointing)
              .build());
    }
  }
}
