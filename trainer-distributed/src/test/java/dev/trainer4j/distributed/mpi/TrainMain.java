// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.transformers.Dtype;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.QuantizationConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A rank that trains, one run after the other. Arguments: a folder, and what to run. */
public final class TrainMain {

  /** Divided by ranks and micro batches of each; the last batch of an epoch has five samples. */
  private static final int GLOBAL_BATCH = 12;

  private static final int SAMPLES = 29;

  private final ProcessGroup group;
  private final Path folder;

  TrainMain(ProcessGroup group, Path folder) {
    this.group = group;
    this.folder = folder;
  }

  /** Runs in every rank. */
  public static void main(String[] args) throws Exception {
    try (ProcessGroup group = ProcessGroup.launched()) {
      TrainMain main = new TrainMain(group, Path.of(args[0]));
      for (int i = 1; i < args.length; i++) {
        main.run(args[i]);
      }
    }
  }

  /** Trains, and leaves what was seen, or the error, in the folder. */
  void run(String what) throws IOException {
    switch (what) {
      case "block", "bert", "llama", "lora" -> train(what, b -> b);
      case "block-at-once", "bert-at-once" -> train(what, this::atOnce);
      case "bert-again", "lora-again" -> train(what, this::again);
      case "block-zero1", "bert-zero1", "llama-zero1", "lora-zero1" -> train(what, b -> zero(b, 1));
      case "block-zero2", "bert-zero2", "llama-zero2", "lora-zero2" -> train(what, b -> zero(b, 2));
      case "block-zero3", "bert-zero3", "llama-zero3", "lora-zero3" -> train(what, b -> zero(b, 3));
      case "buffers" ->
          train(what, block(Models.normalizing()), Models.points(SAMPLES - 1), b -> b);
      case "exact" -> resume(what, 3, ResumeFrom.never());
      case "save-4" -> resume(what, 3, ResumeFrom.never());
      case "from-4" -> resume(what, 7, ResumeFrom.path(checkpoint("save-4", 3)));
      case "from-2" -> resume(what, 9, ResumeFrom.path(checkpoint("from-4", 7)));
      case "undisturbed-7" -> resume(what, 7, ResumeFrom.never());
      case "undisturbed-9" -> resume(what, 9, ResumeFrom.never());
      case "signal-2" -> new Interrupted(this, group, folder).run(2);
      case "signal-3" -> new Interrupted(this, group, folder).run(3);
      case "bf16-0", "bf16-3", "bf16-3-deferred", "nf4-0", "nf4-3", "nf4-3-deferred" -> adapt(what);
      default -> new Troubles(this, group, folder).run(what);
    }
  }

  private Path checkpoint(String run, int step) {
    return folder.resolve("out-" + run).resolve("checkpoint-" + step);
  }

  static TrainableModel block(Block block) {
    return new BlockModel(block, NDManager.newBaseManager("PyTorch"), List.of("labels"));
  }

  TrainingArguments.Builder args(String what) {
    int microBatches = group.worldSize() == 3 ? 4 : 3;
    return TrainingArguments.builder()
        .outputDir(folder.resolve("out-" + what))
        .numTrainEpochs(2)
        .gradientAccumulationSteps(microBatches)
        .perDeviceTrainBatchSize(GLOBAL_BATCH / microBatches / group.worldSize())
        .perDeviceEvalBatchSize(4)
        .learningRate(1e-2)
        .weightDecay(0.1)
        .maxGradNorm(0.5)
        .adamEpsilon(1e-3) // Else it makes much of gradients that are nothing but rounding.
        .loggingSteps(1)
        .evalStrategy(IntervalStrategy.EPOCH)
        .saveStrategy(IntervalStrategy.NO)
        .ddpTimeout(120)
        .useCpu(true);
  }

  /** Of one micro batch, with buckets so small that most gradients are added up where they are. */
  private TrainingArguments.Builder atOnce(TrainingArguments.Builder args) {
    return args.gradientAccumulationSteps(1)
        .perDeviceTrainBatchSize(GLOBAL_BATCH / group.worldSize())
        .deepspeed(Map.of("zero_optimization", Map.of("stage", 0, "reduce_bucket_size", 40)));
  }

  /** Ranks share gradients, and compute activations again. */
  private TrainingArguments.Builder again(TrainingArguments.Builder args) {
    return zero(args.gradientCheckpointing(true), 2);
  }

  private static TrainingArguments.Builder zero(TrainingArguments.Builder args, int stage) {
    return args.deepspeed(Map.of("zero_optimization", Map.of("stage", stage)));
  }

  /** The first word is the model. */
  private void train(String what, UnaryOperator<TrainingArguments.Builder> change)
      throws IOException {
    switch (what.split("-")[0]) {
      case "block" -> train(what, block(Models.block()), Models.points(SAMPLES), change);
      case "bert" -> train(what, Models.bert(), Models.sentences(SAMPLES), change);
      case "llama" -> train(what, Models.llama(), Models.texts(SAMPLES), change);
      default -> train(what, Models.lora(), Models.texts(SAMPLES), change);
    }
  }

  private void train(
      String what,
      TrainableModel model,
      Dataset<Map<String, Object>> data,
      UnaryOperator<TrainingArguments.Builder> change)
      throws IOException {
    train(what, model, data, change.apply(args(what)).build(), ResumeFrom.never());
  }

  private void resume(String what, int updates, ResumeFrom from) throws IOException {
    TrainingArguments args =
        args(what)
            .maxSteps(updates)
            .lrSchedulerType(SchedulerType.CONSTANT)
            .saveStrategy(what.contains("-4") ? IntervalStrategy.STEPS : IntervalStrategy.NO)
            .saveSteps(updates)
            .build();
    train(what, Models.exact(), Models.points(SAMPLES), args, from);
  }

  private void train(
      String what,
      TrainableModel model,
      Dataset<Map<String, Object>> data,
      TrainingArguments args,
      ResumeFrom from)
      throws IOException {
    Recorded.SampleOrder order = new Recorded.SampleOrder();
    try (model;
        Trainer trainer =
            Trainer.builder(model, args)
                .trainDataset(data)
                .evalDataset(data)
                .computeMetrics(Metrics.accuracy())
                .callback(order)
                .processGroup(group)
                .build()) {
      trainer.train(from);
      record(what, Recorded.of(trainer, model.state(), order, group));
    }
  }

  /**
   * Trains adapters over a base of few bits and records what is saved of them.
   *
   * @param what bits, the stage of ZeRO, and whether ranks read shares of the weights: {@code bf16-0}, {@code nf4-3-deferred}
   */
  private void adapt(String what) throws IOException {
    String[] words = what.split("-");
    LoadOptions options = LoadOptions.defaults().withDeferredWeights(words.length > 2);
    TrainingArguments args =
        args(what)
            .deepspeed(Map.of("zero_optimization", Map.of("stage", Integer.parseInt(words[1]))))
            .build();
    Dataset<Map<String, Object>> data = Models.texts(SAMPLES);
    Recorded.SampleOrder order = new Recorded.SampleOrder();
    Path saved = folder.resolve("adapter-" + what + "-of-" + group.worldSize());
    try (PeftModel model = Models.lora(few(words[0], options)).owningBase();
        Trainer trainer =
            Trainer.builder(model, args)
                .trainDataset(data)
                .evalDataset(data)
                .callback(order)
                .processGroup(group)
                .build()) {
      trainer.train();
      trainer.saveModel(saved);
      try (NDManager manager = NDManager.newBaseManager("PyTorch");
          SafetensorsFile file = SafetensorsFile.open(saved.resolve(model.tensorsFile()))) {
        Map<String, NDArray> weights = new LinkedHashMap<>();
        for (String name : file.names()) {
          weights.put(name, file.read(name, manager));
        }
        record(what, Recorded.of(trainer, weights, order, group));
      }
    }
  }

  private static LoadOptions few(String bits, LoadOptions options) {
    return bits.equals("bf16")
        ? options.withDtype(Dtype.BFLOAT16)
        : options.withQuantization(
            QuantizationConfig.builder()
                .loadIn4bit(true)
                .bnb4bitComputeDtype(Dtype.FLOAT32)
                .build());
  }

  private void record(String what, Recorded recorded) throws IOException {
    recorded.write(file(folder, what, group.worldSize(), group.rank()));
  }

  static Path file(Path folder, String what, int worldSize, int rank) {
    return folder.resolve(what + "-of-" + worldSize + "-rank-" + rank + ".txt");
  }
}
