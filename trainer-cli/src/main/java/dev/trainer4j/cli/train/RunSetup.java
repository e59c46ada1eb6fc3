// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import ai.djl.Device;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.ArgumentReader;
import dev.trainer4j.args.LaunchEnvironment;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.predict.TextLimit;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainingArguments;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A run with everything that was left open found: where the model comes from, which rows there are, what is learned from which
 * columns. Weights are not loaded yet.
 */
final class RunSetup implements AutoCloseable {
  private final TextArguments args;
  private final TrainingArguments training;
  private final Seq2SeqTrainingArguments writing;
  private final ModelSource source;
  private final RunData data;
  private final Recipe recipe;
  private final TextSettings texts;
  private final List<String> findings;

  private RunSetup(
      TextArguments args,
      TrainingArguments training,
      Seq2SeqTrainingArguments writing,
      ModelSource source,
      RunData data,
      Recipe recipe,
      TextSettings texts,
      List<String> findings) {
    this.args = args;
    this.training = training;
    this.writing = writing;
    this.source = source;
    this.data = data;
    this.recipe = recipe;
    this.texts = texts;
    this.findings = findings;
  }

  /** Finds everything, and tells what was guessed. */
  static RunSetup of(ArgumentReader.Reading read, Console console) throws IOException {
    return of(read, console, false);
  }

  /** The same for a trained model, which says itself what it does. */
  static RunSetup forEvaluation(ArgumentReader.Reading read, Console console) throws IOException {
    return of(read, console, true);
  }

  private static RunSetup of(ArgumentReader.Reading read, Console console, boolean trained)
      throws IOException {
    TextArguments args = read.get(TextArguments.table());
    TrainingArguments training =
        LaunchEnvironment.ofThisProcess().applyTo(read.get(TrainingArguments.table()));
    Seq2SeqTrainingArguments writing = read.get(Seq2SeqTrainingArguments.table());
    ModelSource source = ModelSource.of(args);
    RunData data = RunData.of(args, training.resolvedDataSeed(), console);
    TaskGuess guess =
        trained
            ? TaskGuess.ofTrained(args, source.config())
            : TaskGuess.of(args, data.first(), source.config());
    Recipe recipe = recipe(args, data, guess.task(), source.config(), training.seed());
    List<String> findings = new ArrayList<>();
    findings.add(
        "Task: " + guess.task().flag() + " (" + guess.task().meaning() + "), as " + guess.reason());
    findings.addAll(recipe.findings());
    if (!args.dryRun()) {
      findings.forEach(finding -> console.tell(finding + "."));
    }
    if (writing.predictWithGenerate()
        && recipe.head() != dev.trainer4j.transformers.Task.SEQ2SEQ_LM) {
      throw new UsageException(
          "predict_with_generate is for summarization and translation, and the task is "
              + guess.task().flag()
              + "; remove it");
    }
    PretrainedTokenizer tokenizer = padded(source.tokenizer(), guess.task(), console);
    TextSettings texts =
        new TextSettings(tokenizer, TextLimit.of(source.config(), tokenizer), args);
    texts.maxLength(1); // A length beyond the model's is known now.
    return new RunSetup(args, training, writing, source, data, recipe, texts, findings);
  }

  private static Recipe recipe(
      TextArguments args, RunData data, TextTask task, PretrainedConfig config, long seed) {
    return switch (task) {
      case CLASSIFICATION, REGRESSION -> TextLabelRecipe.of(args, data, task, config);
      case TOKEN_CLASSIFICATION -> TokenLabelRecipe.of(args, data, config);
      case QUESTION_ANSWERING -> AnswerRecipe.of(args, data);
      case MULTIPLE_CHOICE -> ChoiceRecipe.of(data);
      case SUMMARIZATION -> WritingRecipe.summarization(args, data);
      case TRANSLATION -> WritingRecipe.translation(args, data);
      case CAUSAL_LM -> LanguageRecipe.of(false, args, data, seed);
      case MASKED_LM -> LanguageRecipe.of(true, args, data, seed);
    };
  }

  /** Models that write often have no token to fill up with, which is needed for all but blocks of one length. */
  private static PretrainedTokenizer padded(
      PretrainedTokenizer tokenizer, TextTask task, Console console) {
    Optional<String> end = tokenizer.specialToken(SpecialToken.EOS);
    if (task == TextTask.CAUSAL_LM
        || tokenizer.specialToken(SpecialToken.PAD).isPresent()
        || end.isEmpty()) {
      return tokenizer;
    }
    console.tell("The tokenizer has no padding token: its end token, " + end.get() + ", is taken.");
    try (tokenizer) {
      return tokenizer.withSpecialToken(SpecialToken.PAD, end.get());
    }
  }

  /** The same run with other training arguments; closing this one is enough. */
  RunSetup with(TrainingArguments other) {
    return new RunSetup(args, other, writing, source, data, recipe, texts, findings);
  }

  /** Loads the weights, or makes them. */
  PretrainedModel loadModel() throws IOException {
    PretrainedModel model = source.load(recipe.head(), loading());
    if (bringsTokens()) {
      model.resizeTokenEmbeddings(texts.tokenizer().size());
    }
    return model;
  }

  /** Loads a model that is handed to a trainer and not looked at before. */
  PretrainedModel loadModelForTrainer() throws IOException {
    return bringsTokens()
        ? loadModel()
        : source.load(recipe.head(), DeferredLoading.of(loading(), training));
  }

  private LoadOptions loading() {
    LoadOptions options =
        recipe
            .loading(LoadOptions.defaults())
            .withSeed(training.seed())
            .withIgnoreMismatchedSizes(args.ignoreMismatchedSizes());
    return training.useCpu() ? options.withDevice(Device.cpu()) : options;
  }

  private boolean bringsTokens() {
    return texts.tokenizer().size() > source.config().vocabSize();
  }

  /**
   * Begins a trainer with the samples of the run, and the figures of its evaluations.
   *
   * @param trains whether it trains; evaluated is whatever there is data for
   */
  Prepared prepare(PretrainedModel model, boolean trains) {
    Trainer.Builder builder =
        Trainer.builder(model, training)
            .dataCollator(recipe.collator(texts, model))
            .processingClass(texts.tokenizer());
    long trainSamples = 0;
    long evalSamples = 0;
    if (trains && data.train() != null) {
      Dataset<Map<String, Object>> samples = recipe.samples(data.train(), texts);
      trainSamples = samples.size();
      builder.trainDataset(samples);
    }
    if (data.validation() != null) {
      Dataset<Map<String, Object>> samples = recipe.samples(data.validation(), texts);
      evalSamples = samples.size();
      builder.evalDataset(samples);
      recipe.measure(builder, data.validation(), texts);
    }
    return new Prepared(builder, trainSamples, evalSamples);
  }

  /**
   * A trainer to which callbacks may be added.
   *
   * @param trainSamples how many it trains on; 0 if it does not
   * @param evalSamples how many it evaluates on; 0 if there are none
   */
  record Prepared(Trainer.Builder builder, long trainSamples, long evalSamples) {}

  TextArguments args() {
    return args;
  }

  TrainingArguments training() {
    return training;
  }

  Seq2SeqTrainingArguments writing() {
    return writing;
  }

  ModelSource source() {
    return source;
  }

  RunData data() {
    return data;
  }

  Recipe recipe() {
    return recipe;
  }

  /** What is learned from which columns, one line each. */
  List<String> findings() {
    return findings;
  }

  TextSettings texts() {
    return texts;
  }

  @Override
  public void close() {
    texts.tokenizer().close();
  }
}
