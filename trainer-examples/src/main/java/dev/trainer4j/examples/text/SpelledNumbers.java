// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import static dev.trainer4j.args.IntervalStrategy.NO;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.collate.DataCollatorForSeq2Seq;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainer;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainingArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Writes numbers below ten thousand that are spelled out, such as "four thousand and seven", in digits: a small T5 learns it from
 * nothing, sequence to sequence, and is judged by what it writes.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am \
 *   -Dexec.mainClass=dev.trainer4j.examples.text.SpelledNumbers</pre>
 */
public final class SpelledNumbers {
  private static final int SHOWN = 5;

  /** Four digits and the end, behind the start. */
  private static final int LONGEST = 6;

  private SpelledNumbers() {}

  /** Train, test, and save the model into {@code out/spelled-numbers/final}. */
  public static void main(String[] args) throws IOException {
    Path out = Path.of("out/spelled-numbers");
    List<Integer> all = numbers(10_000, 1);
    List<Integer> test = all.subList(9_000, 10_000);
    double exact = run(out, all.subList(0, 9_000), test, 1_500);
    System.out.printf(
        Locale.ROOT,
        "Right to the last digit, of %d numbers it has not seen: %.1f %%%n",
        test.size(),
        100 * exact);
    System.out.println("transformers opens " + out.resolve("final"));
  }

  /** Train for so many updates. Return the share of {@code test} that is written without a mistake. */
  static double run(Path out, List<Integer> train, List<Integer> test, int updates)
      throws IOException {
    Path folder =
        SmallModels.t5(
            out.resolve("small"),
            List.of(String.join(" ", SMALL) + String.join(" ", TENS) + " hundred thousand and"));
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .maxSteps(updates)
            .perDeviceTrainBatchSize(64)
            .perDeviceEvalBatchSize(100)
            .learningRate(2e-3)
            .warmupSteps(0.1) // a share of the run
            .loggingSteps(250)
            .saveStrategy(NO)
            .build();
    Seq2SeqTrainingArguments writing =
        Seq2SeqTrainingArguments.builder()
            .predictWithGenerate(true)
            .generationMaxLength(LONGEST)
            .build();
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder);
        PretrainedModel model = AutoModels.seq2SeqLm(folder);
        Trainer trainer =
            new Seq2SeqTrainer(
                Trainer.builder(model, args)
                    .trainDataset(rows(train, tokenizer))
                    .evalDataset(rows(test, tokenizer))
                    .dataCollator(new DataCollatorForSeq2Seq(tokenizer))
                    .computeMetrics(prediction -> exactMatch(prediction, tokenizer))
                    .processingClass(tokenizer)
                    .callback(ProgressCallback.orPrinter()),
                writing)) {
      trainer.train();
      trainer.saveModel(out.resolve("final"));
      try (PredictionOutput output = trainer.predict(rows(test, tokenizer))) {
        List<String> written = texts(output.predictions(), tokenizer);
        for (int i = 0; i < Math.min(SHOWN, written.size()); i++) {
          System.out.printf("  %s -> %s%n", spell(test.get(i)), written.get(i));
        }
        return output.metric("exact_match");
      }
    }
  }

  private static Dataset<Map<String, Object>> rows(
      List<Integer> numbers, PretrainedTokenizer tokenizer) {
    EncodeOptions bare = EncodeOptions.defaults();
    return Datasets.of(numbers)
        .map(
            number -> {
              Map<String, Object> row = tokenizer.encode(spell(number), bare).toSample();
              int[] digits = tokenizer.encode(Integer.toString(number), bare).inputIds();
              row.put("labels", Arrays.copyOfRange(digits, 1, digits.length)); // without [CLS]
              return row;
            });
  }

  private static Map<String, Double> exactMatch(
      EvalPrediction prediction, PretrainedTokenizer tokenizer) {
    List<String> written = texts(prediction.predictions(), tokenizer);
    List<String> wanted = texts(prediction.labelIds(), tokenizer);
    long right =
        IntStream.range(0, wanted.size()).filter(i -> written.get(i).equals(wanted.get(i))).count();
    return Map.of("exact_match", right / (double) wanted.size());
  }

  private static List<String> texts(NDArray ids, PretrainedTokenizer tokenizer) {
    int length = Math.toIntExact(ids.getShape().get(1));
    long[] flat = ids.toType(DataType.INT64, false).toLongArray();
    long[][] rows = new long[flat.length / length][];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = flat[i] == -100 ? tokenizer.padTokenId() : flat[i];
    }
    Arrays.setAll(rows, i -> Arrays.copyOfRange(flat, i * length, (i + 1) * length));
    return tokenizer.decodeBatch(rows, true);
  }

  // ---------------------------------------------------------------------------- the numbers

  private static final List<String> SMALL =
      List.of(
          "zero",
          "one",
          "two",
          "three",
          "four",
          "five",
          "six",
          "seven",
          "eight",
          "nine",
          "ten",
          "eleven",
          "twelve",
          "thirteen",
          "fourteen",
          "fifteen",
          "sixteen",
          "seventeen",
          "eighteen",
          "nineteen");
  private static final List<String> TENS =
      List.of("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety");

  /** Spell a number below a million. */
  static String spell(int number) {
    if (number >= 1000) {
      int rest = number % 1000;
      String thousands = spell(number / 1000) + " thousand";
      return rest == 0 ? thousands : thousands + (rest < 100 ? " and " : " ") + spell(rest);
    }
    if (number >= 100) {
      String hundreds = SMALL.get(number / 100) + " hundred";
      return number % 100 == 0 ? hundreds : hundreds + " and " + spell(number % 100);
    }
    if (number < SMALL.size()) {
      return SMALL.get(number);
    }
    String tens = TENS.get(number / 10);
    return number % 10 == 0 ? tens : tens + " " + SMALL.get(number % 10);
  }

  /** Return all numbers below a bound, in an order that follows from the seed. */
  static List<Integer> numbers(int bound, long seed) {
    List<Integer> numbers = new ArrayList<>(IntStream.range(0, bound).boxed().toList());
    Collections.shuffle(numbers, new Random(seed));
    return numbers;
  }
}
