// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import static dev.trainer4j.args.IntervalStrategy.NO;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.examples.text.SentenceClassification.Review;
import dev.trainer4j.metrics.Classification;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.collate.DataCollatorWithPadding;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A small model learns from a larger one what nobody has labelled (Hinton et al.: Distilling the Knowledge in a Neural
 * Network, 2015): of a thousand reviews a hundred have labels, and a teacher has an opinion on all of them.
 *
 * <p>The loss has two parts, which the log shows beside it: {@code kl}, how far the student's chances are from the teacher's, both
 * softened by a temperature, and {@code ce}, the cross entropy of the labels that there are.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am \
 *   -Dexec.mainClass=dev.trainer4j.examples.text.Distillation</pre>
 */
public final class Distillation extends Trainer {
  private static final List<String> LABELS = List.of("bad", "good");
  private static final double TEMPERATURE = 2;

  /** What the teacher says counts so much, and labels the rest. */
  private static final double TEACHER_SHARE = 0.9;

  private static final long NOT_LABELLED = -100;

  private final TrainableModel teacher;

  Distillation(Builder builder, TrainableModel teacher) {
    super(builder);
    this.teacher = teacher;
  }

  /** A sum over the samples; so are its parts, and the log shows the mean of each. */
  @Override
  protected LossOutput computeLoss(TrainableModel student, ModelInputs inputs) {
    ModelInputs texts = inputs.without("labels");
    ModelOutput outputs = student.forward(texts, isTraining());
    NDArray wise = teacherLogits(texts).div(TEMPERATURE);
    NDArray own = outputs.logits().div(TEMPERATURE);
    NDArray apart = wise.logSoftmax(-1).sub(own.logSoftmax(-1));
    // Softened gradients are smaller by the square of the temperature.
    NDArray kl = wise.softmax(-1).mul(apart).sum().mul(TEMPERATURE * TEMPERATURE);
    NDArray ce = Losses.crossEntropy(outputs.logits(), inputs.get("labels")).value();
    NDArray loss = kl.mul(TEACHER_SHARE).add(ce.mul(1 - TEACHER_SHARE));
    return LossOutput.of(loss, (double) inputs.batchSize())
        .part("kl", kl)
        .part("ce", ce)
        .withOutputs(outputs);
  }

  /** No dropout, and no gradients: the teacher has learned. */
  private NDArray teacherLogits(ModelInputs texts) {
    try (Autograd.Recording off = Autograd.record(false)) {
      return teacher.forward(texts, false).logits();
    }
  }

  /** How much of new reviews each model gets right, and the log of the student that was taught. */
  record Result(double teacher, double alone, double taught, List<LogEntry> log) {}

  /** Train a teacher, a student alone, and a student with the teacher. */
  public static void main(String[] args) throws IOException {
    Path out = Path.of("out/distillation");
    Result result = run(out, SentenceClassification.reviews(2_000, 1), 1_000, 100, 12);
    System.out.printf(
        Locale.ROOT,
        "Right of new reviews: teacher %.1f %%, student with 100 labels %.1f %%, the same with the"
            + " teacher %.1f %%%n",
        100 * result.teacher(),
        100 * result.alone(),
        100 * result.taught());
  }

  /**
   * Run the experiment.
   *
   * @param reviews all labelled, for the teacher
   * @param count how many of them the student reads
   * @param labelled how many of these have labels
   */
  static Result run(Path out, List<Review> reviews, int count, int labelled, int epochs)
      throws IOException {
    List<Review> test =
        SentenceClassification.unseen(SentenceClassification.reviews(500, 2), reviews);
    List<String> texts = reviews.stream().map(Review::text).toList();
    Path large = SmallModels.bert(out.resolve("large"), texts);
    Path small = SmallModels.bert(out.resolve("small"), texts, 32, 1);
    double right =
        SentenceClassification.run(large, out.resolve("teacher"), reviews, test, 1e-3, 6);
    List<Review> few = reviews.subList(0, labelled);
    List<Review> many = reviews.subList(0, count);
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(small);
        PretrainedModel teacher =
            AutoModels.sequenceClassification(out.resolve("teacher").resolve("final"));
        PretrainedModel single = student(small);
        PretrainedModel taught = student(small);
        Trainer alone =
            builder(out, single, tokenizer, few, labelled, test, epochs * count / labelled)
                .build();
        Trainer together =
            new Distillation(
                builder(out, taught, tokenizer, many, labelled, test, epochs), teacher)) {
      alone.train();
      together.train();
      together.saveModel(out.resolve("final"));
      return new Result(
          right,
          alone.evaluate().metric("accuracy"),
          together.evaluate().metric("accuracy"),
          together.state().logHistory());
    }
  }

  private static PretrainedModel student(Path small) throws IOException {
    return AutoModels.sequenceClassification(small, LoadOptions.defaults().withLabels(LABELS));
  }

  private static Trainer.Builder builder(
      Path out,
      PretrainedModel model,
      PretrainedTokenizer tokenizer,
      List<Review> train,
      int labelled,
      List<Review> test,
      int epochs) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .numTrainEpochs(epochs)
            .perDeviceTrainBatchSize(32)
            .perDeviceEvalBatchSize(64)
            .learningRate(3e-3)
            .warmupSteps(0.1) // a share of the run
            .loggingSteps(50)
            .saveStrategy(NO)
            .build();
    return Trainer.builder(model, args)
        .trainDataset(rows(train, tokenizer, labelled))
        .evalDataset(rows(test, tokenizer, test.size()))
        .dataCollator(new DataCollatorWithPadding(tokenizer))
        .computeMetrics(Classification.of(Classification.Average.BINARY))
        .callback(ProgressCallback.orPrinter());
  }

  private static Dataset<Map<String, Object>> rows(
      List<Review> reviews, PretrainedTokenizer tokenizer, int labelled) {
    return Datasets.of(IntStream.range(0, reviews.size()).boxed().toList())
        .map(
            i -> {
              Map<String, Object> row = tokenizer.encode(reviews.get(i).text()).toSample();
              row.put("labels", i < labelled ? reviews.get(i).label() : NOT_LABELLED);
              return row;
            });
  }
}
