// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.SafetensorsWriter;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Fine-tunes every model in a folder of folders for a few updates, and saves each for Python, twice: in
 * one file, and in shards.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am \
 *   -Dexec.mainClass=dev.trainer4j.examples.text.RoundTrip -Dexec.args="MODELS OUT"
 * python trainer-benchmarks/round_trip.py OUT</pre>
 *
 * <p>Beside each model, {@code logits.safetensors} has inputs ({@code input.NAME}) and what the model
 * made of them ({@code output.NAME}); the script compares that with what transformers makes of them.
 */
public final class RoundTrip {
  private static final int ROWS = 4;
  private static final int LENGTH = 12;
  private static final int SMALL_SHARD = 20_000;

  private RoundTrip() {}

  /** Take the folder of the models, and the one to write into. */
  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      throw new IllegalArgumentException("give two folders: that of the models, and that to write");
    }
    for (Path folder : models(Path.of(args[0]))) {
      run(folder, Path.of(args[1]).resolve(String.valueOf(folder.getFileName())));
    }
  }

  static List<Path> models(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(model -> Files.exists(model.resolve("config.json"))).sorted().toList();
    }
  }

  /** Fine-tune the model of {@code folder}, and save it into {@code out} and {@code out-shards}. */
  static void run(Path folder, Path out) throws IOException {
    try (PretrainedModel model =
        AutoModels.load(folder, LoadOptions.defaults().withDevice(Device.cpu()))) {
      DataCollator<Long> collator = (seeds, manager) -> inputs(model, seeds.get(0), manager, true);
      TrainingArguments args =
          TrainingArguments.builder()
              .outputDir(out)
              .useCpu(true)
              .maxSteps(5)
              .perDeviceTrainBatchSize(1) // one seed, of a batch of several rows
              .learningRate(1e-2)
              .saveStrategy(IntervalStrategy.NO)
              .build();
      try (Trainer trainer =
          Trainer.builder(model, args)
              .trainDataset(Datasets.of(List.of(1L, 2L, 3L)))
              .dataCollator(collator)
              .build()) {
        trainer.train();
      }
      Path shards = out.resolveSibling(out.getFileName() + "-shards");
      model.save(out);
      model.save(shards, SMALL_SHARD);
      saveOutputs(model, model, out);
      saveOutputs(model, model, shards);
    }
  }

  /** Write inputs for {@code base}, and what {@code model} makes of them. */
  static void saveOutputs(TrainableModel model, PretrainedModel base, Path out) throws IOException {
    try (ArrayScope scope = ArrayScope.open();
        NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      ModelInputs inputs = inputs(base, 4, manager, false);
      ModelOutput outputs = model.forward(inputs, false);
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      inputs.names().forEach(name -> arrays.put("input." + name, inputs.get(name)));
      outputs.arrays().forEach((name, array) -> arrays.put("output." + name, array));
      SafetensorsWriter.write(out.resolve("logits.safetensors"), arrays);
    }
  }

  /** Make rows of random tokens, each with an end where the model knows one; the last row is padded on the right. */
  static ModelInputs inputs(PretrainedModel model, long seed, NDManager manager, boolean labels) {
    Random random = new Random(seed);
    int vocabulary = model.config().vocabSize();
    long[] ids = random.longs((long) ROWS * LENGTH, 3, vocabulary).toArray();
    List<Integer> ends = model.generationConfig().eosTokenId();
    for (int i = LENGTH / 2; i < ids.length && !ends.isEmpty(); i += LENGTH) {
      ids[i] = ends.get(0);
    }
    long[] mask = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      mask[i] = i < ids.length - LENGTH / 3 ? 1 : 0;
    }
    Shape shape = shape(model);
    ModelInputs inputs =
        ModelInputs.of("input_ids", manager.create(ids, shape))
            .with("attention_mask", manager.create(mask, shape));
    if (model.task() == Task.SEQ2SEQ_LM && !labels) {
      inputs = inputs.with("decoder_input_ids", manager.create(ids, shape));
    }
    return labels ? withLabels(inputs, model, ids, random, manager) : inputs;
  }

  /** Make two choices of each two rows, if that is what the model is for. */
  private static Shape shape(PretrainedModel model) {
    return model.task() == Task.MULTIPLE_CHOICE
        ? new Shape(ROWS / 2, 2, LENGTH)
        : new Shape(ROWS, LENGTH);
  }

  private static ModelInputs withLabels(
      ModelInputs inputs, PretrainedModel model, long[] ids, Random random, NDManager manager) {
    Shape shape = new Shape(ROWS, LENGTH);
    int kinds = model.config().numLabels();
    return switch (model.task()) {
      case SEQUENCE_CLASSIFICATION ->
          inputs.with("labels", manager.create(random.longs(ROWS, 0, kinds).toArray()));
      case MULTIPLE_CHOICE ->
          inputs.with("labels", manager.create(random.longs(ROWS / 2, 0, 2).toArray()));
      case TOKEN_CLASSIFICATION ->
          inputs.with(
              "labels", manager.create(random.longs(ids.length, 0, kinds).toArray(), shape));
      case QUESTION_ANSWERING ->
          inputs
              .with("start_positions", manager.create(random.longs(ROWS, 0, LENGTH / 2).toArray()))
              .with("end_positions", manager.create(random.longs(ROWS, 0, LENGTH / 2).toArray()));
      default -> inputs.with("labels", manager.create(ids, shape));
    };
  }
}
