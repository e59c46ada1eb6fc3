// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.embedding.EmbeddingOptions;
import dev.trainer4j.transformers.embedding.EmbeddingTrainer;
import dev.trainer4j.transformers.metrics.Retrieval;
import dev.trainer4j.transformers.predict.TextEmbedder;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Finds the sentence that means the same in other words. The two sentences of a pair share no word that tells them from others, so
 * whoever compares words finds nothing; the model learns from pairs, each sentence of a batch being a wrong answer to all others.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am \
 *   -Dexec.mainClass=dev.trainer4j.examples.text.SentenceEmbeddings -Dexec.args="all-MiniLM-L6-v2"</pre>
 *
 * <p>The argument is a folder with a BERT, RoBERTa or DistilBERT, of sentence-transformers or not; without it, a small BERT
 * learns from nothing.
 */
public final class SentenceEmbeddings {
  private static final int SHOWN = 4;

  /** Two sentences that mean the same. */
  record Pair(String anchor, String positive) {}

  /** The share of new sentences whose nearest one is the right one. */
  record Recall(double before, double after) {}

  private SentenceEmbeddings() {}

  /** Fine-tune, test, and save the model into {@code out/sentence-embeddings/final}. */
  public static void main(String[] args) throws IOException {
    Path out = Path.of("out/sentence-embeddings");
    List<Pair> pairs = pairs(1);
    List<Pair> train = pairs.subList(0, 400);
    List<Pair> test = pairs.subList(400, pairs.size());
    boolean small = args.length == 0;
    Path pretrained =
        small ? SmallModels.bert(out.resolve("small"), texts(train)) : Path.of(args[0]);
    Recall recall = run(pretrained, out, train, test, small ? 2e-3 : 5e-5, small ? 10 : 2);
    System.out.printf(
        Locale.ROOT,
        "Of %d new sentences the nearest one means the same: %.1f %% before, %.1f %% after%n",
        test.size(),
        100 * recall.before(),
        100 * recall.after());
    show(out.resolve("final"), test);
    System.out.println("sentence-transformers opens " + out.resolve("final"));
  }

  /** Fine-tune the model of a folder. */
  static Recall run(
      Path pretrained, Path out, List<Pair> train, List<Pair> test, double learningRate, int epochs)
      throws IOException {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .numTrainEpochs(epochs)
            .perDeviceTrainBatchSize(32) // each pair has 31 wrong answers
            .perDeviceEvalBatchSize(64)
            .learningRate(learningRate)
            .warmupSteps(0.1) // a share of the run
            .saveStrategy(IntervalStrategy.NO)
            .build();
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(pretrained);
        PretrainedModel model =
            AutoModels.load(
                pretrained, Task.FEATURE_EXTRACTION, LoadOptions.defaults().withNewHead(true));
        EmbeddingTrainer trainer =
            EmbeddingTrainer.builder(model, tokenizer, args)
                .options(
                    EmbeddingOptions.of(pretrained)) // mean pooling unless the folder says else
                .trainDataset(Datasets.of(train).map(SentenceEmbeddings::row))
                .evalDataset(Datasets.of(test).map(SentenceEmbeddings::row))
                .computeMetrics(
                    vectors -> Retrieval.score(vectors.predictions(), vectors.labelIds()))
                .callback(ProgressCallback.orPrinter())
                .build()) {
      double before = trainer.evaluate().metric("recall@1");
      trainer.train();
      double after = trainer.evaluate().metric("recall@1");
      trainer.saveModel(out.resolve("final"));
      return new Recall(before, after);
    }
  }

  private static Map<String, Object> row(Pair pair) {
    return Map.of("anchor", pair.anchor(), "positive", pair.positive());
  }

  /** Print what a program finds that has only the saved folder. */
  private static void show(Path folder, List<Pair> pairs) throws IOException {
    try (TextEmbedder embedder = TextEmbedder.load(folder)) {
      List<float[]> all = embedder.embed(pairs.stream().map(Pair::positive).toList());
      for (Pair pair : pairs.subList(0, SHOWN)) {
        float[] vector = embedder.embed(pair.anchor());
        int nearest = 0;
        for (int i = 1; i < all.size(); i++) {
          if (TextEmbedder.cosineSimilarity(vector, all.get(i))
              > TextEmbedder.cosineSimilarity(vector, all.get(nearest))) {
            nearest = i;
          }
        }
        System.out.printf("  %s -> %s%n", pair.anchor(), pairs.get(nearest).positive());
      }
    }
  }

  // -------------------------------------------------------------------------- the sentences

  private static final List<List<String>> DEEDS =
      List.of(
          List.of("buy", "purchase"),
          List.of("fix", "repair"),
          List.of("clean", "wash"),
          List.of("find", "locate"),
          List.of("hide", "conceal"),
          List.of("move", "shift"),
          List.of("rent", "lease"),
          List.of("show", "display"));
  private static final List<List<String>> THINGS =
      List.of(
          List.of("car", "automobile"),
          List.of("couch", "sofa"),
          List.of("picture", "image"),
          List.of("stone", "rock"),
          List.of("boat", "ship"),
          List.of("film", "movie"),
          List.of("lamp", "light"),
          List.of("bag", "sack"));
  private static final List<List<String>> TIMES =
      List.of(
          List.of("in the morning", "at dawn"),
          List.of("in the evening", "at dusk"),
          List.of("soon", "before long"),
          List.of("often", "many times"),
          List.of("never", "on no day"),
          List.of("always", "every day"),
          List.of("in summer", "when it is hot"),
          List.of("in winter", "when it snows"));

  /** Make all 512 pairs, in an order that follows from the seed. */
  static List<Pair> pairs(long seed) {
    List<Pair> pairs = new ArrayList<>();
    for (List<String> deed : DEEDS) {
      for (List<String> thing : THINGS) {
        for (List<String> time : TIMES) {
          pairs.add(
              new Pair(
                  "I %s the %s %s.".formatted(deed.get(0), thing.get(0), time.get(0)),
                  "We %s that %s %s.".formatted(deed.get(1), thing.get(1), time.get(1))));
        }
      }
    }
    Collections.shuffle(pairs, new Random(seed));
    return pairs;
  }

  /** Return all sentences. */
  static List<String> texts(List<Pair> pairs) {
    return pairs.stream().flatMap(pair -> Stream.of(pair.anchor(), pair.positive())).toList();
  }
}
