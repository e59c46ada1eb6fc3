// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static dev.trainer4j.args.IntervalStrategy.NO;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.TrainTestSplit;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.collate.DataCollatorForLanguageModeling;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.Generator;
import dev.trainer4j.transformers.generation.TextStreamer;
import dev.trainer4j.transformers.metrics.Perplexity;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Learns to write as the Markdown files of a folder are written, such as the docs of this project.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am \
 *   -Dexec.mainClass=dev.trainer4j.examples.text.CausalLanguageModel -Dexec.args="docs gpt2"</pre>
 *
 * <p>The arguments are the folder of texts ({@code docs} if there is none) and that of a GPT-2, Llama,
 * Mistral, Qwen or Gemma; without it, a small Llama learns to spell, byte after byte.
 */
public final class CausalLanguageModel {

  /** What it read, and how well it foretells the part it did not read. */
  record Result(double perplexity, double unigramPerplexity, String written) {}

  private CausalLanguageModel() {}

  /** Train, write a little, and save the model into {@code out/causal-language-model/final}. */
  public static void main(String[] args) throws IOException {
    Path out = Path.of("out/causal-language-model");
    Path texts = Path.of(args.length > 0 ? args[0] : "docs");
    boolean small = args.length < 2;
    Path pretrained = small ? SmallModels.llama(out.resolve("small")) : Path.of(args[1]);
    Result result = run(pretrained, out, texts, small ? 2e-3 : 5e-5, small ? 8 : 3, 400);
    System.out.printf(
        Locale.ROOT,
        "%nPerplexity of a token that it has not read: %.2f (told from frequencies alone: %.2f)%n",
        result.perplexity(),
        result.unigramPerplexity());
    System.out.println("transformers opens " + out.resolve("final"));
  }

  /** Train the model of a folder, and let it write. */
  static Result run(
      Path pretrained, Path out, Path texts, double learningRate, int epochs, int newTokens)
      throws IOException {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .numTrainEpochs(epochs)
            .perDeviceTrainBatchSize(8)
            .learningRate(learningRate)
            .warmupSteps(0.1) // a share of the run
            .evalStrategy(EPOCH)
            .saveStrategy(EPOCH)
            .saveTotalLimit(1)
            .build();
    try (PretrainedTokenizer tokenizer = withPadding(PretrainedTokenizer.load(pretrained));
        PretrainedModel model = AutoModels.causalLm(pretrained)) {
      TrainTestSplit<Map<String, Object>> blocks = blocks(texts, tokenizer);
      try (Trainer trainer =
          Trainer.builder(model, args)
              .trainDataset(blocks.train())
              .evalDataset(blocks.test())
              .dataCollator(DataCollatorForLanguageModeling.causal(tokenizer))
              .processingClass(tokenizer)
              .callback(ProgressCallback.orPrinter())
              .build()) {
        trainer.train();
        trainer.saveModel(out.resolve("final"));
        double perplexity = Perplexity.of(trainer.evaluate().metric("loss"));
        String written = write(model, tokenizer, newTokens);
        return new Result(perplexity, unigramPerplexity(blocks), written);
      }
    }
  }

  /** Train the model of a folder for so many updates, and save it with its tokenizer into {@code out/final}. */
  static void teach(Path pretrained, Path out, Path texts, double learningRate, int updates)
      throws IOException {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .maxSteps(updates)
            .perDeviceTrainBatchSize(8)
            .learningRate(learningRate)
            .saveStrategy(NO)
            .build();
    try (PretrainedTokenizer tokenizer = withPadding(PretrainedTokenizer.load(pretrained));
        PretrainedModel model = AutoModels.causalLm(pretrained);
        Trainer trainer =
            Trainer.builder(model, args)
                .trainDataset(blocks(texts, tokenizer).train())
                .dataCollator(DataCollatorForLanguageModeling.causal(tokenizer))
                .processingClass(tokenizer)
                .build()) {
      trainer.train();
      trainer.saveModel(out.resolve("final"));
    }
  }

  /** Many causal models have no token to pad with; blocks need none, but collators ask for one. */
  static PretrainedTokenizer withPadding(PretrainedTokenizer tokenizer) {
    if (tokenizer.specialToken(SpecialToken.PAD).isPresent()) {
      return tokenizer;
    }
    try (tokenizer) {
      return tokenizer.withSpecialToken(
          SpecialToken.PAD, tokenizer.specialToken(SpecialToken.EOS).orElseThrow());
    }
  }

  /** Join the files, each with the token that ends a text, and cut them; a tenth is held back. */
  private static TrainTestSplit<Map<String, Object>> blocks(
      Path folder, PretrainedTokenizer tokenizer) throws IOException {
    EncodeOptions plain = EncodeOptions.builder().addSpecialTokens(false).build();
    int end = tokenizer.specialTokenId(SpecialToken.EOS).orElseThrow();
    List<int[]> texts;
    try (Stream<Path> files = Files.list(folder)) {
      texts =
          files
              .filter(file -> file.toString().endsWith(".md"))
              .sorted()
              .map(CausalLanguageModel::read)
              .map(text -> append(tokenizer.encodeIds(text, plain), end))
              .toList();
    }
    Dataset<Map<String, Object>> blocks = Datasets.groupTexts(texts, 128);
    return blocks.trainTestSplit(0.1, 1);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static int[] append(int[] ids, int last) {
    int[] longer = Arrays.copyOf(ids, ids.length + 1);
    longer[ids.length] = last;
    return longer;
  }

  // docs: stream
  private static String write(PretrainedModel model, PretrainedTokenizer tokenizer, int newTokens) {
    GenerationConfig config =
        model.generationConfig().toBuilder()
            .maxNewTokens(newTokens)
            .doSample(true)
            .temperature(0.7)
            .topK(20)
            .seed(1)
            .build();
    return Generator.of(model)
        .withStreamer(new TextStreamer(tokenizer, System.out::print))
        .generate(tokenizer, "## ", config);
  }

  // end docs

  /** Tell each token from how often it was read, with one more of each that was not. */
  private static double unigramPerplexity(TrainTestSplit<Map<String, Object>> blocks) {
    Map<Integer, Integer> counts = new HashMap<>();
    int read = 0;
    for (int[] ids : ids(blocks.train())) {
      for (int id : ids) {
        counts.merge(id, 1, Integer::sum);
        read++;
      }
    }
    double loss = 0;
    int tokens = 0;
    for (int[] ids : ids(blocks.test())) {
      for (int id : ids) {
        double share = (counts.getOrDefault(id, 0) + 1.0) / (read + counts.size() + 1);
        loss -= Math.log(share);
        tokens++;
      }
    }
    return Perplexity.of(loss / tokens);
  }

  private static List<int[]> ids(Dataset<Map<String, Object>> blocks) {
    return java.util.stream.LongStream.range(0, blocks.size())
        .mapToObj(i -> (int[]) blocks.get(i).get("input_ids"))
        .toList();
  }
}
