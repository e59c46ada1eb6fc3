// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.examples.gpu.Lab.Run;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.Devices;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** What a GPU computes beside what the CPU computes from the same weights. */
final class ParitySteps {

  private ParitySteps() {}

  static Finding versions(Lab lab) {
    Map<String, Double> figures = Map.of("sees_gpu", Devices.hasGpu() ? 1.0 : 0.0);
    String why = Devices.whyNoGpu().orElse("");
    if (why.isEmpty()) {
      return new Finding(
          lab.isGpu() ? Verdict.OK : Verdict.NEEDS_A_CARD,
          "libtorch sees " + Machine.gpus().orElse("a GPU") + "; steps run on " + lab.device(),
          figures);
    }
    return new Finding(Verdict.NEEDS_A_CARD, why, figures);
  }

  /** Every text of kernels is compiled, and runs once. */
  static Finding kernels(Lab lab) throws IOException {
    lab.train(
        lab.device(), Networks::layers, Networks.points(), "kernels", args -> args.maxSteps(2));
    for (String family : Texts.families().keySet()) {
      Path folder = Texts.save(lab, family, 0.1);
      try (PretrainedModel model = Texts.load(folder, family, lab.device())) {
        Lab.train(
            model,
            Texts.texts(8, 12, Texts.TOKENS, false),
            lab.arguments("kernels-" + family).maxSteps(1).build());
      }
    }
    return Finding.of(true, "two layers and " + String.join(", ", Texts.families().keySet()));
  }

  static Finding optimizers(Lab lab) {
    Map<String, UnaryOperator<TrainingArguments.Builder>> optimizers = new LinkedHashMap<>();
    for (OptimizerName name :
        List.of(
            OptimizerName.ADAMW_TORCH,
            OptimizerName.ADAM,
            OptimizerName.SGD,
            OptimizerName.ADAGRAD,
            OptimizerName.RMSPROP,
            OptimizerName.ADAFACTOR,
            OptimizerName.ADEMAMIX,
            OptimizerName.STABLE_ADAMW)) {
      optimizers.put(name.name().toLowerCase(Locale.ROOT), args -> args.optim(name));
    }
    optimizers.put("amsgrad", args -> args.optimArgs(Map.of("amsgrad", "true")));
    optimizers.put(
        "momentum",
        args ->
            args.optim(OptimizerName.SGD).optimArgs(Map.of("momentum", "0.9", "dampening", "0.1")));
    Map<String, Double> figures = new TreeMap<>();
    optimizers.forEach(
        (name, change) ->
            figures.put(
                name,
                difference(lab, Networks::layers, args -> change.apply(args.learningRate(1e-3)))));
    return judged(lab, figures, 1e-5, "weights differ by up to");
  }

  /** The largest difference of weights between the device and the CPU, after 20 updates. */
  private static double difference(
      Lab lab,
      Function<NDManager, TrainableModel> model,
      UnaryOperator<TrainingArguments.Builder> change) {
    Dataset<Map<String, ?>> points = Networks.points();
    Run there = lab.train(lab.device(), model, points, "device", change);
    Run here =
        lab.train(Device.cpu(), model, points, "cpu", args -> change.apply(args).useCpu(true));
    return Lab.difference(here.weights(), there.weights());
  }

  private static Finding judged(Lab lab, Map<String, Double> figures, double limit, String found) {
    Map.Entry<String, Double> worst =
        figures.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
    return Finding.onGpu(
        lab,
        worst.getValue() < limit,
        worst.getValue() == 0
            ? "no difference in " + figures.size() + " comparisons"
            : String.format(Locale.ROOT, "%s %.1e (%s)", found, worst.getValue(), worst.getKey()),
        figures);
  }

  static Finding shared(Lab lab) {
    Map<String, Double> figures = new TreeMap<>();
    figures.put("one micro batch", difference(lab, Networks::shared, args -> args));
    figures.put(
        "two micro batches",
        difference(lab, Networks::shared, args -> args.gradientAccumulationSteps(2)));
    figures.put(
        "convolutions", difference(lab, Networks::convolutions, args -> args.learningRate(1e-3)));
    return judged(lab, figures, 1e-5, "weights differ by up to");
  }

  static Finding families(Lab lab) throws IOException {
    Map<String, Double> figures = new TreeMap<>();
    for (String family : Texts.families().keySet()) {
      Path folder = Texts.save(lab, family, 0);
      for (String type : List.of("float32", "bf16", "fp16")) {
        if (!type.equals("float32") && !List.of("bert", "llama", "t5").contains(family)) {
          continue;
        }
        UnaryOperator<TrainingArguments.Builder> change =
            args ->
                args.bf16(type.equals("bf16"))
                    .fp16(type.equals("fp16"))
                    .optim(OptimizerName.SGD)
                    .maxSteps(4);
        Run here = run(lab, folder, family, Device.cpu(), change);
        Run there = run(lab, folder, family, lab.device(), change);
        // A limit for all: what 16 bits may differ by counts a hundredth.
        double scale = type.equals("float32") ? 1 : 1e-2;
        figures.put(family + " " + type, scale * Lab.difference(here.losses(), there.losses()));
        if (type.equals("float32")) {
          figures.put(family + " weights", Lab.difference(here.weights(), there.weights()));
        }
      }
    }
    return judged(lab, figures, 1e-4, "losses of 4 updates differ by up to");
  }

  private static Run run(
      Lab lab,
      Path folder,
      String family,
      Device on,
      UnaryOperator<TrainingArguments.Builder> change)
      throws IOException {
    try (PretrainedModel model = Texts.load(folder, family, on)) {
      return Lab.train(
          model,
          Texts.texts(32, 12, Texts.TOKENS, false),
          change.apply(lab.arguments("family")).useCpu(!on.isGpu()).build());
    }
  }
}
