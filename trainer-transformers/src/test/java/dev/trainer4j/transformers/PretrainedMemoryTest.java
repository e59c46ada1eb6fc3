// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What training a transformer holds outside of the Java heap does not grow with the run. */
class PretrainedMemoryTest {

  private static final Path STATUS = Path.of("/proc/self/status");

  /** From one measurement to the next. One hidden state of 8 x 16 x 32 floats kept an update would be 2,400. */
  private static final long RISE_KIB = 600;

  private static final int UPDATES = 2400;
  private static final int EVERY = 150;

  @TempDir Path outputDir;

  /** Masked at the end, and not of one shape: compiled code is made for few shapes, not for each. */
  private static final DataCollator<Integer> BATCHES =
      (samples, manager) -> {
        int length = 12 + samples.get(0) % 3 * 2;
        long[] ids = new long[8 * length];
        long[] mask = new long[ids.length];
        long[] labels = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = 5 + (7L * i + 11L * samples.get(0)) % 90;
          mask[i] = i % length < length - i / length ? 1 : 0;
          labels[i] = mask[i] == 1 ? ids[i] : -100;
        }
        Shape shape = new Shape(8, length);
        return ModelInputs.of(
            Map.of(
                "input_ids", manager.create(ids, shape),
                "attention_mask", manager.create(mask, shape),
                "labels", manager.create(labels, shape)));
      };

  private static long residentKib() {
    try {
      // Buffers of batches wait for the collector; they are not what is looked for.
      System.gc();
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void staysFlatOver2400UpdatesOfBert(boolean gradientCheckpointing) throws IOException {
    try (PretrainedModel model = ParityModels.load("bert-mlm")) {
      assertThatMemoryStaysFlat(model, gradientCheckpointing);
    }
  }

  @Test
  void staysFlatOver2400UpdatesOfAnAdapter() throws IOException {
    LoraConfig config =
        LoraConfig.builder().r(4).loraDropout(0.1).targetModules("all-linear").build();
    try (PretrainedModel base = ParityModels.load("llama");
        PeftModel model = PeftModel.of(base, config)) {
      assertThatMemoryStaysFlat(model, false);
    }
  }

  private void assertThatMemoryStaysFlat(TrainableModel model, boolean gradientCheckpointing)
      throws IOException {
    assumeTrue(Files.isReadable(STATUS), "the system does not tell the resident size");
    List<Long> resident = new ArrayList<>();
    TrainerCallback meter =
        new TrainerCallback() {
          @Override
          public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() > 0 && state.globalStep() % EVERY == 0) {
              resident.add(residentKib());
            }
          }
        };
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .useCpu(true)
            .maxSteps(UPDATES)
            .perDeviceTrainBatchSize(1)
            .learningRate(1e-4)
            .gradientCheckpointing(gradientCheckpointing)
            .saveStrategy(IntervalStrategy.NO)
            .build();
    try (Trainer trainer =
        Trainer.builder(model, args)
            .trainDataset(Datasets.of(IntStream.range(0, 60).boxed().toList()))
            .dataCollator(BATCHES)
            .callback(meter)
            .build()) {
      assertThat(trainer.train().globalStep()).isEqualTo(UPDATES);
    }
    // A leak lifts every measurement over the one before. What the JVM's compilers need once, and
    // the heap then
    // keeps, lifts one of them.
    long[] rises =
        IntStream.range(1, resident.size())
            .mapToLong(i -> resident.get(i) - resident.get(i - 1))
            .toArray();
    assertThat(median(Arrays.stream(rises).boxed().toList()))
        .as("resident size in KiB every %d updates: %s", EVERY, resident)
        .isLessThan(RISE_KIB);
  }
}
