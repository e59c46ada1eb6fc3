// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.DataException;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an {@link SftTrainer} is made of: the model with its loss and adapters, the tokenizer, and the prepared data. */
final class SftSetup implements AutoCloseable {

  private static final String TRAIN = "train";

  private final SftArguments arguments;
  private final boolean writesTexts;
  private final SftModels models;
  private final OwnedTokenizer tokenizer;
  private final SftPreparation preparation;
  private final DataSource<?> train;
  private final Map<String, DataSource<?>> evaluations = new LinkedHashMap<>();
  private final Set<DataSource<?>> prepared = Collections.newSetFromMap(new IdentityHashMap<>());

  /**
   * Checks a builder, sets up model and tokenizer, and prepares the data.
   *
   * @throws IllegalArgumentException listing everything that is missing or contradictory
   */
  static SftSetup of(SftTrainer.Builder builder) {
    check(builder);
    SftModels models = new SftModels(builder);
    try {
      OwnedTokenizer tokenizer = OwnedTokenizer.of(builder, SftModel.base(models.given()));
      try {
        models.setUp(tokenizer);
        return new SftSetup(builder, tokenizer, models);
      } catch (RuntimeException | Error e) {
        tokenizer.close();
        throw e;
      }
    } catch (RuntimeException | Error e) {
      models.abandon();
      throw e;
    }
  }

  private SftSetup(SftTrainer.Builder builder, OwnedTokenizer tokenizer, SftModels models) {
    arguments = builder.sftArguments;
    writesTexts = builder.writesTexts();
    this.tokenizer = tokenizer;
    this.models = models;
    preparation = new SftPreparation(tokenizer.get(), arguments, builder.formattingFunc);
    train = prepareTraining(Objects.requireNonNull(builder.trainRows));
    builder.evalRows.forEach(
        (name, rows) ->
            evaluations.put(
                name, prepare(rows, name.isEmpty() ? "eval" : name, arguments.packsEvaluation())));
    prepared.addAll(evaluations.values());
    if (writesTexts) {
      evaluations.forEach(PromptCheck::check);
    }
  }

  private static void check(SftTrainer.Builder builder) {
    List<String> problems = new ArrayList<>();
    LossType loss = builder.sftArguments.lossType();
    double smoothing = builder.sftArguments.training().labelSmoothingFactor();
    if (builder.trainRows == null) {
      problems.add(
          "trainDataset: missing; give it maps, such as those of Datasets.jsonLines(file)");
    }
    if (isReadAsItComes(builder.trainRows, builder.sftArguments)) {
      Map<String, Boolean> needsAll = new LinkedHashMap<>();
      needsAll.put("packing", builder.sftArguments.packing());
      needsAll.put("shuffleDataset", builder.sftArguments.shuffleDataset());
      needsAll.put("datasetCacheDir", builder.sftArguments.datasetCacheDir() != null);
      needsAll.put("datasetNumProc", builder.sftArguments.datasetNumProc() != null);
      needsAll.forEach(
          (argument, set) -> {
            if (set) {
              problems.add(
                  argument
                      + ": needs all rows at once, and the train dataset is a stream, which with"
                      + " maxSteps is prepared while it is read; give a Dataset, or leave "
                      + argument
                      + " out");
            }
          });
    }
    if (loss != LossType.NLL && smoothing > 0) {
      problems.add(
          "labelSmoothingFactor: " + smoothing + " needs all logits; set lossType(LossType.NLL)");
    }
    if (loss != LossType.NLL && builder.hasLossFunction) {
      problems.add(
          "computeLossFunc: takes the place of lossType "
              + loss
              + "; set lossType(LossType.NLL), whose outputs have the logits that it reads");
    }
    if (builder.writesTexts() && builder.sftArguments.packsEvaluation()) {
      problems.add(
          "evalPacking: a model writes on at the end of one row alone, and predictWithGenerate has"
              + " it write; set evalPacking(false)");
    }
    if (builder.writesTexts() && builder.sftArguments.paddingFree()) {
      problems.add(
          "paddingFree: lays rows one behind the other, and predictWithGenerate has the model write"
              + " at the end of each; leave it out");
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          "the SFT trainer cannot be built:\n  " + String.join("\n  ", problems));
    }
  }

  private DataSource<?> prepareTraining(DataSource<?> source) {
    if (isReadAsItComes(source, arguments)
        && requireMaps(source, TRAIN) instanceof IterableDataset<? extends Map<String, ?>> stream) {
      return preparation.stream(stream, TRAIN);
    }
    return prepare(source, TRAIN, arguments.packing());
  }

  /** A stream without a number of updates is trained on to its end, so it can be read to its end. */
  private static boolean isReadAsItComes(@Nullable DataSource<?> source, SftArguments arguments) {
    return source instanceof IterableDataset
        && arguments.training().maxSteps() > 0
        && !arguments.skipPrepareDataset();
  }

  private DataSource<?> prepare(DataSource<?> source, String name, boolean packing) {
    boolean streams = arguments.skipPrepareDataset() && source instanceof IterableDataset;
    return streams ? source : preparation.prepare(requireMaps(source, name), name, packing);
  }

  @SuppressWarnings(
      "unchecked") // Of a dataset the first row was looked at; of a stream each one is.
  private static DataSource<? extends Map<String, ?>> requireMaps(
      DataSource<?> source, String name) {
    if (source instanceof Dataset<?> dataset && dataset.size() > 0) {
      Object first = first(dataset);
      if (!(first instanceof Map)) {
        throw new IllegalArgumentException(
            "the rows of the "
                + name
                + " dataset are "
                + first.getClass().getName()
                + ", expected maps from names of columns to values; make them with map(text ->"
                + " Map.of(\"text\", text))");
      }
    }
    return (DataSource<? extends Map<String, ?>>) source;
  }

  /** Of rows that cannot be read, those who prepare them speak. */
  private static Object first(Dataset<?> dataset) {
    try {
      return dataset.get(0);
    } catch (DataException e) {
      return Map.of();
    }
  }

  SftArguments arguments() {
    return arguments;
  }

  /** The model, with adapters if it has any, and with the loss of the arguments; what makes it, where the builder has that. */
  SftModels models() {
    return models;
  }

  PretrainedTokenizer tokenizer() {
    return tokenizer.get();
  }

  DataCollator<?> collator() {
    return new SftCollator(tokenizer.get(), arguments, writesTexts);
  }

  DataSource<?> train() {
    return train;
  }

  Map<String, DataSource<?>> evaluations() {
    return evaluations;
  }

  /** Prepares a dataset to evaluate or predict for, unless it is prepared. */
  DataSource<?> evaluation(DataSource<?> source) {
    return prepared.contains(source)
        ? source
        : prepare(source, "eval", arguments.packsEvaluation());
  }

  /** Gives back all that was made, of a trainer that did not come into being. */
  void abandon() {
    try {
      models.abandon();
    } finally {
      tokenizer.close();
    }
  }

  /** Gives back what was made for the trainer alone. */
  @Override
  public void close() {
    try {
      models.close();
    } finally {
      tokenizer.close();
    }
  }
}
