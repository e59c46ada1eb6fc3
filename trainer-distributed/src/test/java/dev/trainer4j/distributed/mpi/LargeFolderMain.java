// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A rank that trains a large folder by its share, and says how much memory each step took beyond what was resident
 * before it, in megabytes. Arguments: a small folder to begin with, the large one, and one for what is written.
 */
public final class LargeFolderMain {

  private static final Path STATUS = Path.of("/proc/self/status");

  private final ProcessGroup group;
  private final Path out;

  private LargeFolderMain(ProcessGroup group, Path out) {
    this.group = group;
    this.out = out;
  }

  public static void main(String[] args) throws IOException {
    try (ProcessGroup group = ProcessGroup.launched()) {
      LargeFolderMain main = new LargeFolderMain(group, Path.of(args[2]));
      // Libraries, kernels and the buffers of the group are there whatever is loaded.
      main.train("small", Path.of(args[0]), true);
      main.train("deferred", Path.of(args[1]), true);
      main.train("whole", Path.of(args[1]), false);
    }
  }

  private void train(String name, Path folder, boolean isDeferred) throws IOException {
    LoadOptions options =
        LoadOptions.defaults().withDevice(Device.cpu()).withDeferredWeights(isDeferred);
    long before = begin();
    try (PretrainedModel model = AutoModels.causalLm(folder, options);
        Trainer trainer = trainer(model)) {
      trainer.train();
      tell(name + " trained", before);
      before = begin();
      trainer.saveModel(out.resolve(name));
      tell(name + " saved", before);
    }
  }

  /** Lets the peak begin anew; returns what is resident. */
  private static long begin() throws IOException {
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    return kilobytes("VmRSS:");
  }

  @SuppressWarnings("SystemOut")
  private void tell(String name, long before) throws IOException {
    double megabytes = (kilobytes("VmHWM:") - before) * 1024 / 1e6;
    String line = String.format(Locale.ROOT, "rank %d: %s %.1f MB", group.rank(), name, megabytes);
    List<String> lines = group.allGather(line);
    if (group.isMain()) {
      lines.forEach(System.out::println);
    }
  }

  private static long kilobytes(String field) throws IOException {
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith(field))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  /** SGD has no state, so that parameters are most of what is there. */
  private Trainer trainer(PretrainedModel model) {
    return Trainer.builder(
            model,
            TrainingArguments.builder()
                .outputDir(out)
                .maxSteps(2)
                .perDeviceTrainBatchSize(1)
                .optim(OptimizerName.SGD)
                .learningRate(0.01)
                .maxGradNorm(0)
                .saveStrategy(IntervalStrategy.NO)
                .useCpu(true)
                .fsdp(true)
                .build())
        .trainDataset(Datasets.of(IntStream.range(0, 8).boxed().toList()))
        .<Integer>dataCollator(
            (samples, manager) -> {
              long[] ids = LongStream.range(0, 8).map(i -> 3 + i + samples.get(0)).toArray();
              Shape shape = new Shape(1, ids.length);
              return ModelInputs.of(
                  Map.of(
                      "input_ids", manager.create(ids, shape),
                      "labels", manager.create(ids, shape)));
            })
        .processGroup(group)
        .build();
  }
}
