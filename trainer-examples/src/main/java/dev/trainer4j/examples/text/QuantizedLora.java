// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.TrainTestSplit;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.QuantizationConfig;
import dev.trainer4j.transformers.collate.DataCollatorForLanguageModeling;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.Generator;
import dev.trainer4j.transformers.metrics.Perplexity;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Adapters over a base of 4 bits (QLoRA): teaches a model to write lines as those of a file.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am \
 *   -Dexec.mainClass=dev.trainer4j.examples.text.QuantizedLora -Dexec.args="Llama-3.2-1B lines.txt"</pre>
 *
 * <p>The arguments are the folder of a pretrained decoder and a file of lines. Without them a small Llama first learns
 * to spell the docs of this project, and then, its layers quantized, the lines of a log.
 */
public final class QuantizedLora {

  private static final int LENGTH = 64;

  /** How well the base and the base with adapters foretell lines that they have not read, and what was written. */
  record Result(double perplexityBefore, double perplexityAfter, String written) {}

  private QuantizedLora() {}

  /** Train adapters, write a line, and save them into {@code out/quantized-lora/final}. */
  public static void main(String[] args) throws IOException {
    Path out = Path.of("out/quantized-lora");
    boolean small = args.length == 0;
    Path base = small ? speller(out.resolve("small"), Path.of("docs"), 300) : Path.of(args[0]);
    List<String> lines = args.length > 1 ? Files.readAllLines(Path.of(args[1])) : logLines(2000);
    Result result = run(base, lines, out, small ? 5e-3 : 2e-4, 200);
    System.out.printf(
        Locale.ROOT,
        "%nPerplexity of a token that it has not read: %.2f before, %.2f with adapters%nIt writes: %s%n",
        result.perplexityBefore(),
        result.perplexityAfter(),
        result.written());
    System.out.println("PEFT opens " + out.resolve("final"));
  }

  /** Quantize the model of a folder, train adapters over it, and let both write. */
  static Result run(Path base, List<String> lines, Path out, double learningRate, int updates)
      throws IOException {
    LoadOptions options =
        LoadOptions.defaults()
            .withQuantization(
                QuantizationConfig.builder().loadIn4bit(true).bnb4bitUseDoubleQuant(true).build());
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .maxSteps(updates)
            .perDeviceTrainBatchSize(8)
            .learningRate(learningRate)
            .warmupSteps(0.1) // a share of the run
            .gradientCheckpointing(true) // memory holds the values of one layer at a time
            .saveStrategy(IntervalStrategy.NO)
            .build();
    try (PretrainedTokenizer tokenizer =
            CausalLanguageModel.withPadding(PretrainedTokenizer.load(base));
        PretrainedModel quantized = AutoModels.causalLm(base, options);
        PeftModel model =
            PeftModel.of(
                quantized, LoraConfig.builder().r(16).targetModules("all-linear").build())) {
      System.out.println(model);
      TrainTestSplit<Map<String, Object>> blocks = blocks(lines, tokenizer);
      try (Trainer trainer =
          Trainer.builder(model, args)
              .trainDataset(blocks.train())
              .evalDataset(blocks.test())
              .dataCollator(DataCollatorForLanguageModeling.causal(tokenizer))
              .processingClass(tokenizer)
              .build()) {
        double before = Perplexity.of(trainer.evaluate().metric("loss"));
        trainer.train();
        double after = Perplexity.of(trainer.evaluate().metric("loss"));
        trainer.saveModel(out.resolve("final")); // adapters alone
        return new Result(before, after, write(model, tokenizer, lines.get(0)));
      }
    }
  }

  private static TrainTestSplit<Map<String, Object>> blocks(
      List<String> lines, PretrainedTokenizer tokenizer) {
    EncodeOptions plain = EncodeOptions.builder().addSpecialTokens(false).build();
    List<int[]> texts =
        lines.stream().map(line -> tokenizer.encodeIds(line + "\n", plain)).toList();
    Dataset<Map<String, Object>> blocks = Datasets.groupTexts(texts, LENGTH);
    return blocks.trainTestSplit(0.1, 1);
  }

  /** Go on from the beginning of a line. */
  private static String write(PeftModel model, PretrainedTokenizer tokenizer, String line) {
    String prompt = line.substring(0, Math.min(8, line.length()));
    GenerationConfig config = model.generationConfig().toBuilder().maxNewTokens(40).build();
    return prompt
        + Generator.of(model).generate(tokenizer, prompt, config).lines().findFirst().orElse("");
  }

  /** Make a small Llama that has read the Markdown files of a folder. */
  static Path speller(Path folder, Path texts, int updates) throws IOException {
    Path small = SmallModels.llama(folder);
    CausalLanguageModel.teach(small, folder.resolve("spelling"), texts, 2e-3, updates);
    return folder.resolve("spelling/final");
  }

  /** Make lines of a log. */
  static List<String> logLines(int count) {
    Random random = new Random(7);
    String[] what = {"order %d shipped", "order %d cancelled", "user %d signed in"};
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                String.format(
                    Locale.ROOT,
                    "%02d:%02d:%02d INFO " + what[random.nextInt(what.length)],
                    random.nextInt(24),
                    random.nextInt(60),
                    random.nextInt(60),
                    100 + random.nextInt(900)))
        .toList();
  }
}
