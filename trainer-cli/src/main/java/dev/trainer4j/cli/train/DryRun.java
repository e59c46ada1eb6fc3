// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.train.RunData.Rows;
import dev.trainer4j.data.Batch;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataLoaderOptions;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.SampleOrder;
import dev.trainer4j.run.TrainingPlan;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Prints what a run would do, and does nothing. */
final class DryRun {
  private static final double MIB = 1024.0 * 1024;

  private final RunSetup setup;
  private final Console console;
  private final Verbs verbs;
  private final PrintWriter out;

  DryRun(RunSetup setup, Console console, Verbs verbs) {
    this.setup = setup;
    this.console = console;
    this.verbs = verbs;
    out = console.out();
  }

  void print() throws IOException {
    Path folder = setup.training().outputDir();
    if (verbs.trains()) {
      OutputFolder.resume(setup.args(), folder, console);
    }
    try (PretrainedModel model = setup.loadModel()) {
      out.println(
          "Model: "
              + setup.source()
              + ", "
              + setup.source().config().modelType()
              + " for "
              + PredictRun.words(setup.recipe().head()));
      setup.findings().forEach(out::println);
      rows("Train", verbs.trains() ? setup.data().train() : null);
      rows("Evaluate", verbs.evaluates() ? setup.data().validation() : null);
      rows("Predict", verbs.predicts() ? setup.data().test() : null);
      if (verbs.trains() && setup.data().train() != null) {
        training(model, setup.data().train());
      }
      written(folder);
    }
    out.println("Nothing was written: this was a dry run.");
  }

  private void rows(String what, @Nullable Rows rows) {
    if (rows != null) {
      out.println(what + ": " + rows.source() + ", " + rows.rows().size() + " rows");
    }
  }

  private void training(PretrainedModel model, Rows rows) {
    TrainingArguments args = setup.training();
    Dataset<Map<String, Object>> samples = setup.recipe().samples(rows, setup.texts());
    long seed = args.resolvedDataSeed();
    DataLoader loader =
        DataLoader.of(
            samples,
            setup.recipe().collator(setup.texts(), model),
            DataLoaderOptions.builder()
                .batchSize(args.perDeviceTrainBatchSize())
                .dropLast(args.dataloaderDropLast())
                .order(
                    (size, epoch) ->
                        args.trainSamplingStrategy() == SamplingStrategy.SEQUENTIAL
                            ? SampleOrder.sequential(size)
                            : SampleOrder.shuffled(size, seed, epoch))
                .build());
    TrainingPlan plan = TrainingPlan.of(loader, args, 1);
    out.printf(
        Locale.ROOT,
        "Updates: %d, %d an epoch, of %d samples each; %d of warm-up; learning rate %s, %s%n",
        plan.maxSteps(),
        plan.updatesPerEpoch(),
        plan.totalBatchSize(),
        args.warmupStepsFor(Math.toIntExact(plan.maxSteps())),
        args.learningRate(),
        args.lrSchedulerType().name().toLowerCase(Locale.ROOT));
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        BatchIterator batches = loader.iterate(manager, 0, 0);
        Batch batch = batches.next()) {
      memory(model, batch.inputs());
      out.println("First batch, " + samples.size() + " samples in all:");
      new BatchText(setup).print(batch.inputs(), out);
    }
  }

  /** What the state of the training takes, and about what the first batch does. */
  private void memory(PretrainedModel model, ModelInputs batch) {
    long all = 0;
    long trained = 0;
    for (var parameter : model.parameters()) {
      long size = parameter.array().getShape().size();
      all += size;
      trained += parameter.array().hasGradient() ? size : 0;
    }
    long state = MemoryOfOptimizer.bytes(setup.training().optim(), trained);
    out.printf(
        Locale.ROOT,
        "Memory: %.0f MiB of weights (%,d parameters, %,d trained), %.0f MiB of gradients, %.0f MiB of optimizer state;"
            + " %s%n",
        4 * all / MIB,
        all,
        trained,
        4 * trained / MIB,
        state / MIB,
        ofBatch(batch));
  }

  private String ofBatch(ModelInputs batch) {
    Shape shape = batch.get("input_ids").getShape();
    long tokens = shape.get(shape.dimension() - 1);
    long samples = shape.size() / tokens;
    OptionalLong bytes =
        ActivationMemory.bytes(setup.source().config(), setup.recipe().head(), samples, tokens);
    return bytes.isEmpty()
        ? "what a batch needs comes on top"
        : String.format(
            Locale.ROOT,
            "about %.0f MiB for a batch of %d x %d tokens, as the first one",
            bytes.getAsLong() / MIB,
            samples,
            tokens);
  }

  private void written(Path folder) {
    out.println("Written into " + folder + ":");
    if (verbs.trains()) {
      out.println("  config.json, model.safetensors and the tokenizer's files: the trained model");
      out.println("  checkpoint-N/: " + checkpoints());
      out.println("  trainer_state.json, train_results.json, README.md (a model card)");
    }
    if (verbs.evaluates()) {
      out.println("  eval_results.json");
    }
    if (verbs.predicts()) {
      out.println("  " + TrainRun.PREDICTIONS);
    }
    out.println("  all_results.json");
    if (setup.training().pushToHub()) {
      out.println(
          "Pushed to the Hub: "
              + setup.training().hubModelId().orElse(String.valueOf(folder.getFileName())));
    }
  }

  private String checkpoints() {
    TrainingArguments args = setup.training();
    return switch (args.saveStrategy()) {
      case NO -> "none";
      case EPOCH -> "after every epoch";
      case STEPS ->
          "every "
              + (args.saveSteps() < 1
                  ? 100 * args.saveSteps() + " % of the"
                  : (long) args.saveSteps())
              + " updates, and at the end";
      default -> args.saveStrategy().name().toLowerCase(Locale.ROOT);
    };
  }

  static long[] longs(NDArray array) {
    try (NDArray wide = array.toType(DataType.INT64, true)) {
      return wide.toLongArray();
    }
  }

  static boolean isWhole(ModelInputs inputs, String name) {
    DataType type = inputs.get(name).getDataType();
    return type == DataType.INT64 || type == DataType.INT32;
  }
}
