// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import dev.trainer4j.args.ArgumentProblem;
import dev.trainer4j.args.FurtherArguments;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.transformers.generation.GenerationConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * All arguments of a {@link Seq2SeqTrainer}, read from one file or command line, where Hugging Face's {@code
 * Seq2SeqTrainingArguments} has them together.
 *
 * <p>Beside the training arguments these are {@code predict_with_generate}, {@code generation_max_length}, {@code
 * generation_num_beams} and {@code generation_config}, the path of a JSON file or of a folder that has a {@code
 * generation_config.json}.
 *
 * @param training what every trainer takes
 * @param seq2Seq how it evaluates and predicts
 */
public record Seq2SeqArguments(TrainingArguments training, Seq2SeqTrainingArguments seq2Seq) {

  private static final String GENERATE = "predict_with_generate";
  private static final String MAX_LENGTH = "generation_max_length";
  private static final String NUM_BEAMS = "generation_num_beams";
  private static final String CONFIG = "generation_config";

  private static final FurtherArguments TABLE =
      FurtherArguments.builder()
          .flag(GENERATE, "whether evaluation and prediction write texts (default false)")
          .wholeNumber(MAX_LENGTH, 2, "tokens of what is written at most, its start included")
          .wholeNumber(NUM_BEAMS, 1, "beams of the search")
          .text(CONFIG, "generation settings: a JSON file, or a folder with generation_config.json")
          .rules(Seq2SeqArguments::problems)
          .build();

  /**
   * Reads a file: JSON if its name ends in {@code .json}, else YAML.
   *
   * @param file arguments by Hugging Face's names; what it leaves out keeps its default
   * @throws dev.trainer4j.args.InvalidArgumentsException with every mistake of the file
   */
  public static Seq2SeqArguments fromFile(Path file) {
    return of(TABLE.fromFile(file));
  }

  /**
   * Reads a map.
   *
   * @param values arguments by Hugging Face's names; what it leaves out keeps its default
   * @throws dev.trainer4j.args.InvalidArgumentsException with every mistake
   */
  public static Seq2SeqArguments fromMap(Map<String, ?> values) {
    return of(TABLE.fromMap(values));
  }

  /**
   * Reads a command line, as {@link TrainingArguments#fromCommandLine}: {@code --predict_with_generate
   * --generation_max_length 64}.
   *
   * @param args the words of the command line
   * @throws dev.trainer4j.args.InvalidArgumentsException with every mistake of the command line and of the file it
   *     names
   * @throws dev.trainer4j.args.HelpRequestedException when {@code --help} is among them
   */
  public static Seq2SeqArguments fromCommandLine(String... args) {
    return of(TABLE.fromCommandLine(args));
  }

  private static Seq2SeqArguments of(FurtherArguments.Reading reading) {
    FurtherArguments.Values values = reading.further();
    Seq2SeqTrainingArguments seq2Seq =
        new Seq2SeqTrainingArguments(
            values.flag(GENERATE),
            boxed(values.wholeNumber(MAX_LENGTH)),
            boxed(values.wholeNumber(NUM_BEAMS)),
            values.text(CONFIG).map(Seq2SeqArguments::checkedConfig).orElse(null));
    return new Seq2SeqArguments(reading.training(), seq2Seq);
  }

  private static @Nullable Integer boxed(OptionalInt number) {
    return number.isPresent() ? number.getAsInt() : null;
  }

  /** What the constructor of {@link Seq2SeqTrainingArguments} would refuse, by the names of files. */
  private static List<ArgumentProblem> problems(FurtherArguments.Values values) {
    List<ArgumentProblem> problems = new ArrayList<>();
    OptionalInt maxLength = values.wholeNumber(MAX_LENGTH);
    Optional<String> path = values.text(CONFIG);
    boolean settings =
        maxLength.isPresent() || values.wholeNumber(NUM_BEAMS).isPresent() || path.isPresent();
    if (settings && !values.flag(GENERATE)) {
      problems.add(
          new ArgumentProblem(
              GENERATE,
              "false",
              "true where generation settings are given",
              "Set it, or leave them out"));
    }
    try {
      GenerationConfig config = path.isPresent() ? config(path.get()) : null;
      if (config != null && config.maxNewTokens() != null && maxLength.isPresent()) {
        problems.add(
            new ArgumentProblem(
                MAX_LENGTH,
                String.valueOf(maxLength.getAsInt()),
                "to be unset where " + CONFIG + " has max_new_tokens = " + config.maxNewTokens(),
                "Give one of the two"));
      }
    } catch (IOException | IllegalArgumentException e) {
      problems.add(
          new ArgumentProblem(
              CONFIG,
              path.orElse(""),
              "a JSON file of generation settings, or a folder with "
                  + GenerationConfig.FILE_NAME
                  + "; it cannot be read: "
                  + e.getMessage(),
              ""));
    }
    return problems;
  }

  /** Reads what {@link #problems} has read before. */
  private static GenerationConfig checkedConfig(String path) {
    try {
      return config(path);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static GenerationConfig config(String path) throws IOException {
    try {
      Path file = Path.of(path);
      return Files.isDirectory(file)
          ? GenerationConfig.read(file)
          : GenerationConfig.parse(path, Files.readString(file));
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("it is no path", e);
    }
  }
}
