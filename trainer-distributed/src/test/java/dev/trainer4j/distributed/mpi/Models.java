// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small models without dropout, whose weights are the same in all processes, and data for them. */
final class Models {

  static final int FEATURES = 6;
  static final int CLASSES = 3;
  private static final int TOKENS = 100;
  private static final int LENGTH = 8;

  private Models() {}

  static Block block() {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(16).build())
        .add(Activation::tanh)
        .add(Linear.builder().setUnits(CLASSES).build());
  }

  /** So large that a part of its optimizer's state does not fit into a page. */
  static Block wide() {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(512).build())
        .add(Activation::tanh)
        .add(Linear.builder().setUnits(CLASSES).build());
  }

  /** Its running means follow the samples of a rank. */
  static Block normalizing() {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(8).build())
        .add(BatchNorm.builder().build())
        .add(Linear.builder().setUnits(CLASSES).build());
  }

  /** In float64, so that the order of a sum makes no difference that counts. */
  static TrainableModel exact() {
    NDManager manager = NDManager.newBaseManager("PyTorch");
    Random random = new Random(5);
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    parameters.put("in", draw(manager, random, FEATURES, 12));
    parameters.put("out", draw(manager, random, 12, CLASSES));
    return FunctionModel.builder(
            manager,
            (inputs, training) ->
                ModelOutput.logits(
                    inputs
                        .get("x")
                        .toType(DataType.FLOAT64, false)
                        .matMul(parameters.get("in"))
                        .tanh()
                        .matMul(parameters.get("out"))))
        .parameters(parameters)
        .closesManager()
        .build();
  }

  private static NDArray draw(NDManager manager, Random random, long rows, long columns) {
    Shape shape = new Shape(rows, columns);
    return manager.create(random.doubles(shape.size(), -0.5, 0.5).toArray(), shape);
  }

  static PretrainedModel bert() {
    return AutoModels.fromConfig(
        PretrainedConfig.of(
            Map.of(
                "model_type", "bert",
                "vocab_size", TOKENS,
                "hidden_size", 16,
                "num_hidden_layers", 2,
                "num_attention_heads", 2,
                "intermediate_size", 32,
                "hidden_dropout_prob", 0.0,
                "attention_probs_dropout_prob", 0.0,
                "max_position_embeddings", 16)),
        Task.SEQUENCE_CLASSIFICATION,
        LoadOptions.defaults().withSeed(3));
  }

  static PretrainedModel llama() {
    return llama(LoadOptions.defaults());
  }

  /** Of weights so large that its norms do not magnify rounding: their inputs are not near zero. */
  private static PretrainedModel llama(LoadOptions options) {
    return AutoModels.fromConfig(
        PretrainedConfig.of(
            Map.of(
                "model_type", "llama",
                "vocab_size", TOKENS,
                "hidden_size", 16,
                "num_hidden_layers", 2,
                "num_attention_heads", 2,
                "num_key_value_heads", 1,
                "intermediate_size", 32,
                "initializer_range", 0.1,
                "max_position_embeddings", 16)),
        Task.CAUSAL_LM,
        options.withSeed(3));
  }

  static PeftModel lora() {
    return lora(LoadOptions.defaults());
  }

  static PeftModel lora(LoadOptions options) {
    return PeftModel.of(
        llama(options),
        LoraConfig.builder().r(4).targetModules("all-linear").initLoraWeights("false").build());
  }

  /** The class is which of the first three numbers is largest; the first number is of one sample alone. */
  static Dataset<Map<String, Object>> points(int size) {
    Random random = new Random(11);
    List<Map<String, Object>> samples = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      float[] x = new float[FEATURES];
      int label = 0;
      for (int j = 0; j < FEATURES; j++) {
        x[j] = (float) random.nextGaussian();
        label = j < CLASSES && x[j] > x[label] ? j : label;
      }
      samples.add(Map.of("x", x, "labels", (long) label));
    }
    return Datasets.of(samples);
  }

  static Dataset<Map<String, Object>> sentences(int size) {
    Random random = new Random(12);
    List<Map<String, Object>> samples = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      long[] ids = random.longs(LENGTH, 1, TOKENS).toArray();
      samples.add(Map.of("input_ids", ids, "labels", ids[0] % 2));
    }
    return Datasets.of(samples);
  }

  /** Samples of unequally many labels, so that ranks weigh unequally. */
  static Dataset<Map<String, Object>> texts(int size) {
    Random random = new Random(13);
    List<Map<String, Object>> samples = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      long[] ids = random.longs(LENGTH, 1, TOKENS).toArray();
      long[] labels = ids.clone();
      for (int j = 0; j < i % 5; j++) {
        labels[j] = -100;
      }
      samples.add(Map.of("input_ids", ids, "labels", labels));
    }
    return Datasets.of(samples);
  }
}
