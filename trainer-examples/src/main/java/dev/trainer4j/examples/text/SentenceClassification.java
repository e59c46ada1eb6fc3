// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;

import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.metrics.Classification;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.collate.DataCollatorWithPadding;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Is a review good or bad? Not its words alone tell: "not bad" is praise, and what stands behind "but"
 * outweighs what stands before it.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am \
 *   -Dexec.mainClass=dev.trainer4j.examples.text.SentenceClassification -Dexec.args="bert-base-cased"</pre>
 *
 * <p>The argument is a folder with a BERT, RoBERTa or DistilBERT; without it, a small BERT learns from
 * nothing.
 */
public final class SentenceClassification {
  private static final List<String> LABELS = List.of("bad", "good");
  private static final int MAX_LENGTH = 64;
  private static final int SHOWN = 6;

  /** A text, and the index of its label. */
  record Review(String text, int label) {}

  private SentenceClassification() {}

  /** Fine-tune, test, and save the model into {@code out/sentence-classification/final}. */
  public static void main(String[] args) throws IOException {
    Path out = Path.of("out/sentence-classification");
    List<Review> train = reviews(2_000, 1);
    List<Review> test = unseen(reviews(500, 2), train);
    Path pretrained =
        args.length > 0
            ? Path.of(args[0])
            : SmallModels.bert(out.resolve("small"), train.stream().map(Review::text).toList());
    double accuracy = run(pretrained, out, train, test, args.length > 0 ? 5e-5 : 1e-3, 8);
    System.out.printf(
        Locale.ROOT, "Right of %d new reviews: %.1f %%%n", test.size(), 100 * accuracy);
    System.out.println("transformers opens " + out.resolve("final"));
  }

  /** Fine-tune the model of a folder. Return its accuracy in {@code test}. */
  static double run(
      Path pretrained,
      Path out,
      List<Review> train,
      List<Review> test,
      double learningRate,
      int epochs)
      throws IOException {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .numTrainEpochs(epochs)
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
            AutoModels.sequenceClassification(
                pretrained,
                LoadOptions.defaults().withLabels(LABELS).withIgnoreMismatchedSizes(true));
        Trainer trainer =
            Trainer.builder(model, args)
                .trainDataset(tokenize(train, tokenizer))
                .evalDataset(tokenize(test, tokenizer))
                .dataCollator(new DataCollatorWithPadding(tokenizer))
                .computeMetrics(Classification.of(Classification.Average.BINARY))
                .processingClass(tokenizer)
                .callback(ProgressCallback.orPrinter())
                .build()) {
      trainer.train();
      trainer.saveModel(out.resolve("final"));
      try (PredictionOutput result = trainer.predict(tokenize(test, tokenizer))) {
        show(test, result.predictions().argMax(-1).toLongArray());
        return result.metric("accuracy");
      }
    }
  }

  /** Make what the model reads of reviews. */
  static Dataset<Map<String, Object>> tokenize(
      List<Review> reviews, PretrainedTokenizer tokenizer) {
    return Datasets.of(reviews)
        .map(
            review -> {
              Map<String, Object> sample =
                  tokenizer.encode(review.text(), EncodeOptions.truncated(MAX_LENGTH)).toSample();
              sample.put("label", review.label());
              return sample;
            });
  }

  private static void show(List<Review> reviews, long[] guesses) {
    for (int i = 0; i < Math.min(SHOWN, guesses.length); i++) {
      String guess = LABELS.get((int) guesses[i]);
      String wrong = guesses[i] == reviews.get(i).label() ? "" : "  (wrong)";
      System.out.printf("  %-5s %s%s%n", guess, reviews.get(i).text(), wrong);
    }
  }

  // --------------------------------------------------------------------------- the reviews

  private static final List<String> THINGS =
      List.of("film", "book", "soup", "hotel", "guide", "song", "play", "bread", "tour", "room");
  private static final List<String> GOOD =
      List.of("wonderful", "good", "funny", "fresh", "clever", "lovely", "great", "charming");
  private static final List<String> BAD =
      List.of("bad", "boring", "awful", "stale", "dull", "ugly", "poor", "terrible");
  private static final List<String> IS = List.of("was", "was always", "was really", "was so");
  private static final List<String> IS_NOT = List.of("was not", "was never", "was hardly");

  /** Make reviews: as many good ones as bad ones, more or less. */
  static List<Review> reviews(int count, long seed) {
    Random random = new Random(seed);
    return random.ints(count, 0, 3).mapToObj(kind -> review(kind, random)).toList();
  }

  private static Review review(int kind, Random random) {
    Review first = clause(random);
    if (kind > 0) {
      return new Review("The " + first.text() + ".", first.label());
    }
    Review last = clause(random);
    return new Review("The " + first.text() + ", but the " + last.text() + ".", last.label());
  }

  private static Review clause(Random random) {
    boolean praises = random.nextBoolean();
    boolean denies = random.nextInt(3) == 0;
    String text =
        String.join(
            " ",
            pick(THINGS, random),
            pick(denies ? IS_NOT : IS, random),
            pick(praises ? GOOD : BAD, random));
    return new Review(text, praises != denies ? 1 : 0);
  }

  private static String pick(List<String> words, Random random) {
    return words.get(random.nextInt(words.size()));
  }

  /** Return the reviews that are not among {@code known} ones. */
  static List<Review> unseen(List<Review> reviews, List<Review> known) {
    Set<Review> rest = new LinkedHashSet<>(reviews);
    known.forEach(rest::remove);
    return List.copyOf(rest);
  }
}
