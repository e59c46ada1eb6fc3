// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import ai.djl.Device;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.peft.Ia3Config;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.peft.PeftConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trains adapters of several kinds beside every model in a folder of folders, and saves each for PEFT.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am \
 *   -Dexec.mainClass=dev.trainer4j.examples.text.AdapterRoundTrip -Dexec.args="MODELS OUT"
 * python trainer-benchmarks/adapter_round_trip.py MODELS OUT</pre>
 *
 * <p>The adapters are in {@code OUT/KIND/MODEL}, each with {@code logits.safetensors} as of {@link RoundTrip}.
 */
public final class AdapterRoundTrip {
  private AdapterRoundTrip() {}

  /** Take the folder of the models, and the one to write into. */
  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      throw new IllegalArgumentException("give two folders: that of the models, and that to write");
    }
    for (Path folder : RoundTrip.models(Path.of(args[0]))) {
      LoadOptions cpu = LoadOptions.defaults().withDevice(Device.cpu());
      for (String kind : List.of("lora", "dora", "embeddings", "ia3", "modules_to_save")) {
        try (PretrainedModel base = AutoModels.load(folder, cpu)) {
          boolean tables = kind.equals("embeddings") && base.task() == Task.SEQ2SEQ_LM;
          if (!tables) { // Those of encoder-decoder models are not supported.
            run(base, adapter(kind, base), Path.of(args[1], kind, folder.getFileName().toString()));
          }
        }
      }
    }
  }

  /** Choose modules by the names that the model's family has for them. */
  private static PeftConfig adapter(String kind, PretrainedModel base) {
    Map<String, List<String>> names = new LinkedHashMap<>();
    String family = base.config().modelType();
    names.put("bert", List.of("query", "output.dense", "word_embeddings", "LayerNorm"));
    names.put("roberta", names.get("bert"));
    names.put("distilbert", List.of("q_lin", "lin2", "word_embeddings", "sa_layer_norm"));
    names.put("gpt2", List.of("c_attn", "mlp.c_proj", "wte", "ln_f"));
    names.put("t5", List.of("q", "wo", "shared", "final_layer_norm"));
    names.put("bart", List.of("q_proj", "fc2", "shared", "self_attn_layer_norm"));
    List<String> modules =
        names.getOrDefault(family, List.of("q_proj", "down_proj", "embed_tokens", "norm"));
    LoraConfig.Builder lora =
        LoraConfig.builder()
            .r(4)
            .loraAlpha(8)
            .targetModules("all-linear")
            .initLoraWeights("gaussian");
    if (family.equals("distilbert")) { // Its classifiers train it as a whole.
      lora.excludeModules("pre_classifier");
    }
    return switch (kind) {
      case "lora" -> lora.build();
      case "dora" -> lora.useDora(true).build();
      case "embeddings" -> lora.targetModules(modules.get(2), modules.get(0)).build();
      case "modules_to_save" ->
          lora.targetModules(modules.get(0)).modulesToSave(modules.get(3)).build();
      default ->
          Ia3Config.builder()
              .targetModules(modules.get(0), modules.get(1))
              .feedforwardModules(modules.get(1))
              .build();
    };
  }

  private static void run(PretrainedModel base, PeftConfig config, Path out) throws IOException {
    DataCollator<Long> collator =
        (seeds, manager) -> RoundTrip.inputs(base, seeds.get(0), manager, true);
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .useCpu(true)
            .maxSteps(5)
            .perDeviceTrainBatchSize(1) // one seed, of a batch of several rows
            .learningRate(1e-2)
            .saveStrategy(IntervalStrategy.NO)
            .build();
    try (PeftModel model = PeftModel.of(base, config)) {
      try (Trainer trainer =
          Trainer.builder(model, args)
              .trainDataset(Datasets.of(List.of(1L, 2L, 3L)))
              .dataCollator(collator)
              .build()) {
        trainer.train();
      }
      model.save(out);
      RoundTrip.saveOutputs(model, base, out);
    }
  }
}
