// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.torch.TorchEngine;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.generation.GenerationConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What happens when something is wrong, and what a model writes. */
final class MistakeSteps {

  private MistakeSteps() {}

  private static Dataset<Map<String, ?>> with(
      Dataset<Map<String, ?>> good, int at, String name, Object value) {
    List<Map<String, ?>> changed = new ArrayList<>();
    for (int i = 0; i < good.size(); i++) {
      Map<String, Object> sample = new LinkedHashMap<>(good.get(i));
      if (i == at) {
        sample.put(name, value);
      }
      changed.add(sample);
    }
    return Datasets.of(changed);
  }

  /** A wrong index is told by its name, and the next trainer in the same process works. */
  static Finding indices(Lab lab) throws IOException {
    List<String> missed = new ArrayList<>();
    tell(
        missed,
        "label 7",
        () ->
            lab.train(
                lab.device(),
                Networks::layers,
                with(Networks.points(), 3, "labels", 7),
                "label",
                args -> args));
    Path folder = Texts.save(lab, "bert", 0);
    for (String name : List.of("input_ids", "labels", "token_type_ids", "position_ids")) {
      long[] wrong = new long[12];
      Arrays.fill(wrong, 1);
      wrong[5] = 900;
      Dataset<Map<String, ?>> texts = Texts.texts(8, 12, Texts.TOKENS, false);
      Dataset<Map<String, ?>> rows =
          name.endsWith("_ids") && !name.equals("input_ids") ? zeros(texts, name) : texts;
      tell(
          missed,
          name + " has 900",
          () -> {
            try (PretrainedModel model = Texts.load(folder, "bert", lab.device())) {
              Lab.train(model, with(rows, 2, name, wrong), lab.arguments("ids").build());
            }
          });
    }
    lab.train(lab.device(), Networks::layers, Networks.points(), "after", args -> args);
    String shortage = lab.isGpu() ? shortage(lab) : "not tried on a CPU";
    boolean asExpected = missed.isEmpty() && !shortage.startsWith("no ");
    return Finding.onGpu(
        lab,
        asExpected,
        (missed.isEmpty() ? "five wrong indices were named" : "not named: " + missed)
            + ", and the next training works; batch that is too large: "
            + shortage,
        Map.of());
  }

  private static Dataset<Map<String, ?>> zeros(Dataset<Map<String, ?>> texts, String name) {
    Dataset<Map<String, ?>> all = texts;
    for (int i = 0; i < texts.size(); i++) {
      all = with(all, i, name, new long[12]);
    }
    return all;
  }

  private interface Attempt {
    void run() throws IOException;
  }

  private static void tell(List<String> missed, String expected, Attempt attempt)
      throws IOException {
    try {
      attempt.run();
      missed.add(expected + " (nothing was said)");
    } catch (RuntimeException e) {
      String message = Machine.message(e);
      if (!message.contains(expected)) {
        missed.add(expected + " (" + message + ")");
      }
    }
  }

  /** A sample takes a 24th of the GPU's memory, so that 32 are too many and 8 are not. */
  private static String shortage(Lab lab) {
    double mib = Machine.memory("memory.total").orElse(0.0);
    if (mib == 0) {
      return "not tried: nvidia-smi does not tell the memory";
    }
    long numbers = (long) (mib * 1024 * 1024 / 24 / Float.BYTES);
    try (NDManager manager = TorchEngine.get().newBaseManager(lab.device())) {
      NDArray weight = manager.zeros(new Shape(5, 16));
      FunctionModel model =
          new FunctionModel(
              Map.of("w", weight),
              manager,
              (inputs, training) -> {
                NDArray x = inputs.get("x");
                NDArray wide = x.getManager().zeros(new Shape(x.getShape().get(0), numbers));
                NDArray nothing = wide.get(":, :1");
                return ModelOutput.logits(x.matMul(weight.transpose()).add(nothing));
              });
      var args =
          lab.arguments("shortage")
              .perDeviceTrainBatchSize(32)
              .autoFindBatchSize(true)
              .maxSteps(3)
              .build();
      try (Trainer trainer = Trainer.builder(model, args).trainDataset(Networks.points()).build()) {
        trainer.train();
      }
      return "made smaller, and the run went on";
    } catch (RuntimeException e) {
      return "no run: " + Machine.message(e);
    }
  }

  static Finding generation(Lab lab) throws IOException {
    List<String> different = new ArrayList<>();
    long tokens = 0;
    long nanos = 0;
    for (String family : List.of("gpt2", "llama", "t5", "bart")) {
      Path folder = Texts.save(lab, family, 0);
      long[][] prompt = {{5, 6, 7, 8}, {9, 10, 11, 12}};
      long[][] here;
      long[][] there;
      try (PretrainedModel model = Texts.load(folder, family, Device.cpu())) {
        here = model.generate(prompt, settings(model)).sequences();
      }
      try (PretrainedModel model = Texts.load(folder, family, lab.device())) {
        there = model.generate(prompt, settings(model)).sequences();
        long start = System.nanoTime();
        there = model.generate(prompt, settings(model)).sequences();
        nanos += System.nanoTime() - start;
        tokens += (long) there.length * there[0].length;
      }
      if (!Arrays.deepEquals(here, there)) {
        different.add(family);
      }
    }
    double rate = tokens / (nanos / 1e9);
    return Finding.onGpu(
        lab,
        different.isEmpty(),
        String.format(
            Locale.ROOT,
            "%s, %.0f tokens a second",
            different.isEmpty() ? "the same tokens" : "other tokens: " + different,
            rate),
        Map.of("tokens_per_second", rate));
  }

  private static GenerationConfig settings(PretrainedModel model) {
    return model.generationConfig().toBuilder().maxNewTokens(12).build();
  }
}
