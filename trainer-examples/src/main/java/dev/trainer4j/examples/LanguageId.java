// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.examples.LanguageData.Example;
import dev.trainer4j.metrics.Metrics;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The first run: learn to tell 56 languages apart, from nothing but the names that the JDK carries.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am -Dexec.args="Norvège środa Kühlschrank"</pre>
 */
public final class LanguageId {
  private static final int SHOWN = 8;

  /** Takes no part in loss and metrics. */
  private static final int NO_LABEL = -100;

  private LanguageId() {}

  /** Train, test, and tell the languages of {@code words}, or of a few texts held back. */
  public static void main(String[] words) {
    // Names in 56 languages, whatever the locale of the console.
    PrintStream out = new PrintStream(System.out, true, UTF_8);
    LanguageData data = LanguageData.load();
    // One half of the rows held back chooses the best epoch, the other one tests it.
    List<Example> validation = everyOther(data.test(), 0);
    List<Example> test = everyOther(data.test(), 1);
    out.printf(
        "%,d texts in %d languages; %,d to choose the best epoch by, %,d to test it%n",
        data.train().size(), data.languages().size(), validation.size(), test.size());

    TrainingArguments args = arguments(Path.of("out/language-id")).build();
    try (Trainer trainer = trainer(args, data.train(), validation, data.languages().size())) {
      trainer.train();
      try (PredictionOutput result = trainer.predict(Datasets.of(test))) {
        out.printf(
            "%nTest accuracy: %.1f %%%n",
            100 * result.metrics().getOrDefault("test_accuracy", Double.NaN));
      }
      if (words.length > 0) {
        out.printf("%nYour words (it learned names; everyday words may puzzle it):%n");
        show(out, trainer, data.languages(), unlabeled(words));
      } else {
        out.printf("%nSome of the texts it was tested with:%n");
        show(out, trainer, data.languages(), spread(test));
        out.printf("%nYour own words: -Dexec.args=\"Norvège środa Kühlschrank\"%n");
      }
    }
  }

  /** The settings, each found by experiment. */
  static TrainingArguments.Builder arguments(Path outputDir) {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .numTrainEpochs(6)
        .perDeviceTrainBatchSize(128)
        .perDeviceEvalBatchSize(256)
        .learningRate(5e-3) // falls to 0 in a straight line
        .loggingSteps(0.05) // a share of the run
        .evalStrategy(EPOCH)
        .saveStrategy(EPOCH)
        .saveTotalLimit(1)
        .loadBestModelAtEnd(true)
        .metricForBestModel("accuracy");
  }

  static Trainer trainer(
      TrainingArguments args, List<Example> train, List<Example> validation, int languages) {
    DataCollator<Example> collator = LanguageId::collate;
    return Trainer.builder(LanguageModel.create(languages), args)
        .trainDataset(Datasets.of(train))
        .evalDataset(Datasets.of(validation))
        .dataCollator(collator)
        .computeMetrics(Metrics.accuracy())
        .callback(ProgressCallback.orPrinter())
        .build();
  }

  private static ModelInputs collate(List<Example> examples, NDManager manager) {
    int[] ids =
        examples.stream()
            .flatMapToInt(e -> Arrays.stream(CharacterEncoder.encode(e.text())))
            .toArray();
    long[] labels = examples.stream().mapToLong(Example::label).toArray();
    return ModelInputs.of(
            "ids", manager.create(ids, new Shape(examples.size(), CharacterEncoder.LENGTH)))
        .with("labels", manager.create(labels));
  }

  private static void show(
      PrintStream out, Trainer trainer, List<String> languages, List<Example> examples) {
    try (PredictionOutput result = trainer.predict(Datasets.of(examples))) {
      float[] chances = result.predictions().softmax(-1).toFloatArray();
      for (int row = 0; row < examples.size(); row++) {
        int first = row * languages.size();
        Example example = examples.get(row);
        String guesses =
            IntStream.range(0, languages.size())
                .boxed()
                .sorted(Comparator.comparingDouble(label -> -chances[first + label]))
                .limit(3)
                .map(label -> percent(languages.get(label), chances[first + label]))
                .collect(Collectors.joining(", "));
        out.printf("  %-52s %s%n", guesses, example.text());
      }
    }
  }

  private static String percent(String language, double chance) {
    return String.format(Locale.ROOT, "%s %.0f %%", language, 100 * chance);
  }

  private static List<Example> unlabeled(String[] words) {
    return Arrays.stream(words).map(word -> new Example(word, NO_LABEL)).toList();
  }

  private static List<Example> everyOther(List<Example> rows, int first) {
    return IntStream.iterate(first, i -> i < rows.size(), i -> i + 2).mapToObj(rows::get).toList();
  }

  /** A few rows of languages far apart: the rows are in the order of the languages. */
  private static List<Example> spread(List<Example> rows) {
    return IntStream.range(0, SHOWN).mapToObj(i -> rows.get(i * rows.size() / SHOWN)).toList();
  }
}
