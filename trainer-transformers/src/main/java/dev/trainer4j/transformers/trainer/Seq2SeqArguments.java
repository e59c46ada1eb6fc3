// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import dev.trainer4j.args.ArgumentReader;
import dev.trainer4j.args.TrainingArguments;
import java.nio.file.Path;
import java.util.Map;

/**
 * All arguments of a {@link Seq2SeqTrainer}, read from one file or command line, where Hugging Face's {@code
 * Seq2SeqTrainingArguments} has them together.
 *
 * <p>Beside the training arguments these are {@code predict_with_generate}, {@code generation_max_length}, {@code
 * generation_num_beams} and {@code generation_config}: the path of a JSON file or of a folder that has a {@code
 * generation_config.json}, or the settings themselves.
 *
 * @param training what every trainer takes
 * @param seq2Seq how it evaluates and predicts
 */
public record Seq2SeqArguments(TrainingArguments training, Seq2SeqTrainingArguments seq2Seq) {

  private static final ArgumentReader READER =
      ArgumentReader.of(TrainingArguments.table(), Seq2SeqTrainingArguments.table());

  /**
   * Reads a file: JSON if its name ends in {@code .json}, else YAML.
   *
   * @param file arguments by Hugging Face's names; what it leaves out keeps its default
   * @throws dev.trainer4j.args.InvalidArgumentsException with every mistake of the file
   */
  public static Seq2SeqArguments fromFile(Path file) {
    return of(READER.fromFile(file));
  }

  /**
   * Reads a map.
   *
   * @param values arguments by Hugging Face's names; what it leaves out keeps its default
   * @throws dev.trainer4j.args.InvalidArgumentsException with every mistake
   */
  public static Seq2SeqArguments fromMap(Map<String, ?> values) {
    return of(READER.fromMap(values));
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
    return of(READER.fromCommandLine(args));
  }

  private static Seq2SeqArguments of(ArgumentReader.Reading reading) {
    return new Seq2SeqArguments(
        reading.get(TrainingArguments.table()), reading.get(Seq2SeqTrainingArguments.table()));
  }
}
