// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.examples.text.SentenceClassification.Review;
import dev.trainer4j.metrics.Classification;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.collate.DataCollatorWithPadding;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * {@link SentenceClassification} in several processes, which learn one model together: each takes its share of every batch, and they
 * add up their gradients. There is nothing in it of processes but that one of them makes the files first and prints the result.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am \
 *   -Dexec.mainClass=dev.trainer4j.distributed.launch.Launcher \
 *   -Dexec.args="launch --num_processes 2 --cpu dev.trainer4j.examples.text.DistributedClassification"</pre>
 *
 * <p>The argument is a folder with a BERT, RoBERTa or DistilBERT; without it, a small BERT learns from nothing.
 */
public final class DistributedClassification {

  private DistributedClassification() {}

  /** Fine-tune, test, and save the model into {@code out/distributed-classification/final}. */
  public static void main(String[] args) throws IOException {
    Path out = Path.of("out/distributed-classification");
    List<Review> train = SentenceClassification.reviews(2_000, 1);
    List<Review> test =
        SentenceClassification.unseen(SentenceClassification.reviews(500, 2), train);
    try (ProcessGroup group = ProcessGroup.launched()) {
      Path pretrained = args.length > 0 ? Path.of(args[0]) : small(out, train, group);
      double accuracy = run(group, pretrained, out, train, test, args.length > 0 ? 5e-5 : 1e-3, 8);
      if (group.isMain()) {
        System.out.printf(
            Locale.ROOT,
            "%d process(es), right of %d new reviews: %.1f %%%n",
            group.worldSize(),
            test.size(),
            100 * accuracy);
      }
    }
  }

  /** Make a small BERT, once on each machine. */
  private static Path small(Path out, List<Review> train, ProcessGroup group) throws IOException {
    return group.mainProcessFirst(
        () ->
            group.localRank() == 0
                ? SmallModels.bert(out.resolve("small"), train.stream().map(Review::text).toList())
                : out.resolve("small"));
  }

  /** Fine-tune the model of a folder. Return its accuracy in {@code test}, which is the same in all processes. */
  static double run(
      ProcessGroup group,
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
            .perDeviceTrainBatchSize(32 / group.worldSize()) // 32 in all, however many they are
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
                LoadOptions.defaults()
                    .withLabels(List.of("bad", "good"))
                    .withIgnoreMismatchedSizes(true));
        Trainer trainer =
            Trainer.builder(model, args)
                .processGroup(group)
                .trainDataset(SentenceClassification.tokenize(train, tokenizer))
                .evalDataset(SentenceClassification.tokenize(test, tokenizer))
                .dataCollator(new DataCollatorWithPadding(tokenizer))
                .computeMetrics(Classification.of(Classification.Average.BINARY))
                .processingClass(tokenizer)
                .callback(ProgressCallback.orPrinter())
                .build()) {
      trainer.train();
      trainer.saveModel(out.resolve("final"));
      return trainer.evaluate().metric("accuracy");
    }
  }
}
