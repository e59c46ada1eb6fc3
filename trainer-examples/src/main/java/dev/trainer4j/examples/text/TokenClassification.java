// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.collate.DataCollatorForTokenClassification;
import dev.trainer4j.transformers.metrics.Entities;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Which words name persons, organizations and places? Words are split into tokens; the first token of
 * a word carries the label, the others are ignored.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am \
 *   -Dexec.mainClass=dev.trainer4j.examples.text.TokenClassification -Dexec.args="bert-base-cased"</pre>
 *
 * <p>The argument is a folder with a BERT, RoBERTa or DistilBERT; without it, a small BERT learns from
 * nothing.
 */
public final class TokenClassification {
  private static final int MAX_LENGTH = 96;
  private static final int SHOWN = 5;

  private TokenClassification() {}

  /** Fine-tune, test, and save the model into {@code out/token-classification/final}. */
  public static void main(String[] args) throws IOException {
    Path out = Path.of("out/token-classification");
    List<TaggedSentence> train = TaggedSentence.make(2_000, 1);
    List<TaggedSentence> test = TaggedSentence.makeWithNewNames(300, 2);
    Path pretrained =
        args.length > 0
            ? Path.of(args[0])
            : SmallModels.bert(out.resolve("small"), TaggedSentence.texts(train));
    System.out.printf(
        Locale.ROOT,
        "F1 of a list of the names in the training data: %.3f%n",
        TaggedSentence.lookupF1(train, test));
    Map<String, Double> scores = run(pretrained, out, train, test, args.length > 0 ? 5e-5 : 2e-3);
    scores.forEach((name, score) -> System.out.printf(Locale.ROOT, "%-22s %.3f%n", name, score));
    System.out.println("transformers opens " + out.resolve("final"));
  }

  /** Fine-tune the model of a folder. Return the scores of the entities in {@code test}. */
  static Map<String, Double> run(
      Path pretrained,
      Path out,
      List<TaggedSentence> train,
      List<TaggedSentence> test,
      double learningRate)
      throws IOException {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .numTrainEpochs(3)
            .perDeviceTrainBatchSize(32)
            .perDeviceEvalBatchSize(64)
            .learningRate(learningRate)
            .warmupSteps(0.1) // a share of the run
            .evalStrategy(EPOCH)
            .saveStrategy(EPOCH)
            .saveTotalLimit(1)
            .build();
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(pretrained);
        PretrainedModel model =
            AutoModels.tokenClassification(
                pretrained,
                LoadOptions.defaults()
                    .withLabels(TaggedSentence.TAGS)
                    .withIgnoreMismatchedSizes(true));
        Trainer trainer =
            Trainer.builder(model, args)
                .trainDataset(tokenize(train, tokenizer))
                .evalDataset(tokenize(test, tokenizer))
                .dataCollator(new DataCollatorForTokenClassification(tokenizer))
                .computeMetrics(all -> score(all.predictions(), all.labelIds()))
                .processingClass(tokenizer)
                .callback(ProgressCallback.orPrinter())
                .build()) {
      trainer.train();
      trainer.saveModel(out.resolve("final"));
      try (PredictionOutput result = trainer.predict(tokenize(test, tokenizer))) {
        List<List<String>> tags = tags(result.predictions().argMax(-1), result.labelIds());
        for (int i = 0; i < Math.min(SHOWN, test.size()); i++) {
          System.out.println("  " + test.get(i).withTags(tags.get(i)));
        }
        return score(result.predictions(), result.labelIds());
      }
    }
  }

  // docs: align labels with words
  private static Dataset<Map<String, Object>> tokenize(
      List<TaggedSentence> sentences, PretrainedTokenizer tokenizer) {
    return Datasets.of(sentences)
        .map(
            sentence -> {
              TokenizedText text =
                  tokenizer.encodeWords(sentence.words(), EncodeOptions.truncated(MAX_LENGTH));
              int[] words = text.wordIds();
              int[] labels = new int[words.length];
              for (int i = 0; i < words.length; i++) {
                boolean first = words[i] >= 0 && (i == 0 || words[i] != words[i - 1]);
                labels[i] = first ? sentence.labels().get(words[i]) : -100;
              }
              Map<String, Object> sample = text.toSample();
              sample.put("labels", labels);
              return sample;
            });
  }

  // end docs

  private static Map<String, Double> score(NDArray logits, NDArray labels) {
    return Entities.score(tags(logits.argMax(-1), labels), tags(labels, labels));
  }

  /** Name the tags of all tokens that have a label, sentence by sentence. */
  private static List<List<String>> tags(NDArray tags, NDArray labels) {
    long[] ids = tags.toLongArray();
    long[] known = labels.toLongArray();
    int length = (int) labels.getShape().get(1);
    List<List<String>> sentences = new ArrayList<>();
    for (int first = 0; first < known.length; first += length) {
      sentences.add(
          IntStream.range(first, first + length)
              .filter(i -> known[i] >= 0)
              .mapToObj(i -> TaggedSentence.TAGS.get((int) ids[i]))
              .toList());
    }
    return sentences;
  }
}
