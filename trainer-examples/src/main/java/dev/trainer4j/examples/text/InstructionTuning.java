// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.QuantizationConfig;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.sft.SftArguments;
import dev.trainer4j.transformers.sft.SftTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Teaches a chat model to answer as the conversations of a file do, with a LoRA adapter beside it.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am \
 *   -Dexec.mainClass=dev.trainer4j.examples.text.InstructionTuning -Dexec.args="rows.jsonl SmolLM2-135M-Instruct"</pre>
 *
 * <p>The arguments are a JSON Lines file of {@code messages} and the folder of a causal language model with a chat template. Without
 * them, a small model learns to tell the days of the week. {@link ChatWithModel} talks to the result, {@link MergeAdapter} makes a
 * model of its own of it. A last argument {@code 4bit} keeps the layers of the model in 4 bits beneath the adapter: QLoRA.
 */
public final class InstructionTuning {

  private static final String FOUR_BITS = "4bit";

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final List<String> DAYS =
      List.of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday");

  /** A question and its answer. */
  record Exchange(String question, String answer) {}

  private InstructionTuning() {}

  /** Train an adapter, and save it into {@code out/instruction-tuning/adapter}. */
  public static void main(String[] args) throws IOException {
    boolean fourBits = args.length > 0 && args[args.length - 1].equals(FOUR_BITS);
    List<String> given = List.of(args).subList(0, args.length - (fourBits ? 1 : 0));
    Path out = Path.of("out/instruction-tuning");
    Path rows = !given.isEmpty() ? Path.of(given.get(0)) : write(days(), out.resolve("days.jsonl"));
    boolean small = given.size() < 2;
    Path pretrained = small ? SmallModels.chat(out.resolve("small")) : Path.of(given.get(1));
    run(pretrained, rows, out, small, fourBits);
    System.out.println("\nTalk to it: ChatWithModel " + pretrained + " " + out.resolve("adapter"));
  }

  /** Train an adapter of the model of a folder on the conversations of a file; returns its last loss. */
  static double run(Path pretrained, Path rows, Path out, boolean small, boolean fourBits)
      throws IOException {
    SftArguments args =
        SftArguments.builder()
            .training(
                t ->
                    t.outputDir(out)
                        .numTrainEpochs(small ? 40 : 3)
                        .perDeviceTrainBatchSize(small ? 2 : 4)
                        .learningRate(small ? 1e-2 : 2e-4)
                        .warmupSteps(0.1) // a share of the run
                        .saveStrategy(IntervalStrategy.NO))
            .assistantOnlyLoss(true)
            .packing(true)
            .maxLength(512)
            .build();
    LoraConfig.Builder lora = LoraConfig.builder().r(16).loraAlpha(32).targetModules("all-linear");
    if (small) {
      lora.modulesToSave(
          "embed_tokens", "lm_head"); // It has learnt nothing yet, not even its tokens.
    }
    LoadOptions options = LoadOptions.defaults();
    if (fourBits) {
      options =
          options.withQuantization(
              QuantizationConfig.builder().loadIn4bit(true).bnb4bitUseDoubleQuant(true).build());
    }
    try (PretrainedModel model = AutoModels.causalLm(pretrained, options);
        SftTrainer trainer =
            SftTrainer.builder(model, args)
                .peft(lora.build())
                .trainDataset(Datasets.jsonLines(rows))
                .callback(ProgressCallback.orPrinter())
                .build()) {
      trainer.train();
      trainer.saveModel(out.resolve("adapter"));
      return trainer.state().logHistory().stream()
          .flatMap(line -> line.value("loss").stream().boxed())
          .reduce((before, last) -> last)
          .orElseThrow();
    }
  }

  /** Make questions about the days of the week. */
  static List<Exchange> days() {
    List<Exchange> exchanges = new ArrayList<>();
    for (int i = 0; i < DAYS.size(); i++) {
      String day = DAYS.get(i);
      String next = DAYS.get((i + 1) % DAYS.size());
      exchanges.add(new Exchange("What comes after " + day + "?", next));
      exchanges.add(new Exchange("What comes before " + next + "?", day));
    }
    return exchanges;
  }

  /** Write conversations of one question and one answer each. */
  static Path write(List<Exchange> exchanges, Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Exchange exchange : exchanges) {
      lines.add(
          JSON.writeValueAsString(
              Map.of(
                  "messages",
                  List.of(
                      ChatWithModel.message("user", exchange.question()),
                      ChatWithModel.message("assistant", exchange.answer())))));
    }
    Files.createDirectories(file.toAbsolutePath().getParent());
    return Files.write(file, lines);
  }
}
