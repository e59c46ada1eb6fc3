// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** Six updates of LoRA with dropout on a small GPT-2, which another process may go on with. */
final class AdapterRun {

  static final int UPDATES = 6;

  private static final DataCollator<Integer> BATCHES =
      (samples, manager) -> PeftModelTest.batch(manager, samples.get(0));

  private AdapterRun() {}

  /** Arguments: the folder of the run. It goes on behind its last checkpoint, if it has one. */
  public static void main(String[] args) throws IOException {
    run(Path.of(args[0]), UPDATES, ResumeFrom.latestIfAny());
  }

  /** Trains, or stops behind an earlier update; the adapter lies in {@code final} then. */
  static void run(Path output, int last, ResumeFrom from) throws IOException {
    TrainerCallback stop =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() == last) {
              control.requestTrainingStop();
            }
          }
        };
    TrainingArguments arguments =
        TrainingArguments.builder()
            .outputDir(output)
            .useCpu(true)
            .maxSteps(UPDATES)
            .perDeviceTrainBatchSize(1)
            .learningRate(1e-2)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(3.0)
            .build();
    LoraConfig config =
        LoraConfig.builder()
            .r(2)
            .loraDropout(0.2)
            .targetModules("c_attn", "wte")
            .useRslora(true)
            .build();
    try (PretrainedModel base = PeftModelTest.gpt2();
        PeftModel model = PeftModel.of(base, config);
        Trainer trainer =
            Trainer.builder(model, arguments)
                .trainDataset(Datasets.of(IntStream.range(0, 10).boxed().toList()))
                .dataCollator(BATCHES)
                .callback(stop)
                .build()) {
      trainer.train(from);
      trainer.saveModel(output.resolve("final"));
    }
  }
}
