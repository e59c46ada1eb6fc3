// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.cli.CommandLineRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Wrong command lines, and what a person reads then. */
class MistakesTest {
  private static final String MODEL =
      Path.of("../trainer-transformers/src/test/resources/parity/models/bert-classify").toString();

  @TempDir Path folder;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(
        folder.resolve("good.csv"), "text,label\nplease bring coins,aa\nwho sold,bb\n");
    Files.writeString(folder.resolve("hole.csv"), "text,label\nplease bring coins,aa\nwho sold,\n");
    Files.writeString(folder.resolve("three.csv"), "a,b,c\nplease bring coins,who,yes\n");
    Files.writeString(
        folder.resolve("questions.jsonl"),
        "{\"question\": \"who sold\", \"context\": \"the coins\", \"answers\": {\"text\": [],"
            + " \"answer_start\": []}}\n");
    Files.writeString(
        folder.resolve("latin.csv"), "text,label\ncaf\u00e9,aa\n", StandardCharsets.ISO_8859_1);
    Files.createDirectories(folder.resolve("full"));
    Files.writeString(folder.resolve("full/letter.txt"), "mine");
  }

  record Mistake(int exitCode, String words, String said) {}

  static List<Mistake> mistakes() {
    String train = "train --model_name_or_path MODEL --use_cpu --output_dir DIR/out ";
    return List.of(
        new Mistake(
            2, "trian", "Unmatched argument at index 0: 'trian'\nDid you mean: trainer train"),
        new Mistake(2, "", "What shall be done? Name a command, such as 'trainer train'."),
        new Mistake(
            2,
            "train",
            "error: 2 mistakes in the command line:\n"
                + "  - model_name_or_path: expected a model's folder or its name on the Hub. Give one, or a config_name to train"
                + " from scratch.\n"
                + "  - train_file: expected a file with data. Give one, or a validation_file, a test_file, a dataset_name or a task_name of GLUE.\n"
                + "'trainer train --help' explains the command.\n"),
        new Mistake(
            2,
            train + "--train_file DIR/good.csv --lerning_rate 1 --num_train_epochs many",
            "error: 2 mistakes in the command line:\n"
                + "  - lerning_rate: expected a known argument; there is none of this name. Did you mean learning_rate?\n"
                + "  - num_train_epochs = many: expected a number above 0.\n"),
        new Mistake(
            2,
            train + "--train_file DIR/good.csv --streaming",
            "streaming = true: expected not to be set: not applicable: data is read whole"),
        new Mistake(
            2,
            train + "--train_file DIR/good.csv --lora_r 8",
            "lora_r = 8: expected not to be set: not applicable: all weights are trained here; 'trainer sft' trains adapters"),
        new Mistake(
            2,
            train + "--train_file DIR/questions.jsonl --null_score_diff_threshold 1",
            "null_score_diff_threshold = 1: expected to be unset without version_2_with_negative"),
        new Mistake(
            1,
            train + "--train_file DIR/questions.jsonl",
            "questions.jsonl, line 1: the question has no answer: give --version_2_with_negative where some have none"),
        new Mistake(
            2,
            train + "--train_file DIR/nope.csv",
            "error: --train_file: there is no file DIR/nope.csv. Check the path"),
        new Mistake(
            2,
            train + "--train_file DIR/full",
            "error: --train_file: there is no file DIR/full. Check the path"),
        new Mistake(
            1,
            train + "--train_file DIR/hole.csv",
            "error: DIR/hole.csv, line 3: the column 'label' is empty, expected a label"),
        new Mistake(
            1,
            train + "--train_file DIR/three.csv",
            "error: what shall be learned? The columns of DIR/three.csv are a, b, c, which tell no task: give --task, or name the"
                + " labels by --label_column_name"),
        new Mistake(
            2,
            train + "--train_file DIR/good.csv --label_column_name lable",
            "error: --label_column_name is 'lable', but the columns of DIR/good.csv are text, label"),
        new Mistake(
            2,
            train + "--train_file DIR/good.csv --max_seq_length 512",
            "error: max_seq_length is 512, but the model takes 64 tokens at most"),
        new Mistake(
            2,
            train + "--train_file DIR/good.csv --eval_strategy epoch",
            "error: eval_strategy is epoch, but there is no data for it: give a validation_file, or a validation_split_percentage"),
        new Mistake(
            1,
            train + "--train_file DIR/good.csv",
            "A head for another number of labels loads with --ignore_mismatched_sizes, and is then new."),
        new Mistake(
            2,
            "train --model_name_or_path MODEL --use_cpu --train_file DIR/good.csv --output_dir DIR/full",
            "error: output_dir DIR/full is not empty, and has no checkpoint to go on from: name another folder, or give"
                + " --overwrite_output_dir"),
        new Mistake(
            2,
            "train --model_name_or_path ./nope/. --train_file DIR/good.csv",
            "error: model_name_or_path is './nope/.': there is no such folder, and a name of the Hub is owner/name"),
        new Mistake(
            1,
            "train --model_name_or_path MODEL --dataset_name DIR/good.csv",
            "error: dataset_name is DIR/good.csv, which is a file here, expected a folder or a name on the Hub: name a"
                + " file by --train_file"),
        new Mistake(
            1,
            "train --model_name_or_path MODEL --train_file DIR/latin.csv",
            "error: DIR/latin.csv, line 2: is not UTF-8. Convert the file to UTF-8.\n"),
        new Mistake(
            2,
            "train --config DIR/nope.yaml",
            "  - DIR/nope.yaml: expected a file of arguments; there is none. Check the path."),
        new Mistake(
            2,
            "evaluate MODEL DIR/good.csv --learning_rate 1",
            "error: an evaluation has no use for learning_rate: remove it"),
        new Mistake(
            1,
            "evaluate MODEL DIR/good.csv --use_cpu",
            "error: DIR/good.csv, line 2: the label 'aa' is none of those that the model learns: LABEL_0, LABEL_1, LABEL_2"),
        new Mistake(
            2,
            "predict MODEL DIR/good.csv --output DIR/none/x.jsonl",
            "error: --output: there is no folder DIR/none to write into: make it"),
        new Mistake(
            2,
            "convert DIR/good.csv DIR/out",
            "error: IN is 'DIR/good.csv', a file, expected the folder of a model"),
        new Mistake(
            2,
            "chat ./nope",
            "error: model_name_or_path is './nope': there is no such folder, and a name of the Hub is owner/name"),
        new Mistake(
            2, "predict MODEL DIR/good.csv --bach_size 3", "Possible solutions: --batch_size"),
        new Mistake(
            2,
            "predict MODEL DIR/good.csv --batch_size 0",
            "error: --batch_size is 0, expected a whole number of at least 1."),
        new Mistake(
            1,
            "predict MODEL DIR/three.csv --use_cpu",
            "error: which column of DIR/three.csv holds the text? It has a, b, c: name one, or two for pairs of texts, by"
                + " --text_column_name"));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void aMistakeIsNamedAndNothingIsWritten(Mistake mistake) {
    Object[] words =
        Stream.of(mistake.words().split(" "))
            .filter(word -> !word.isEmpty())
            .map(word -> word.replace("DIR", folder.toString()).replace("MODEL", MODEL))
            .toArray();

    CommandLineRun run = CommandLineRun.of(words);

    assertThat(run.err()).contains(mistake.said().replace("DIR", folder.toString()));
    assertThat(run.err())
        .doesNotContain("\tat ")
        .doesNotContain("Exception")
        .doesNotContain("because: ");
    assertThat(run.out()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(mistake.exitCode());
    assertThat(folder.resolve("out")).doesNotExist();
    assertThat(folder.resolve("full").toFile().list()).containsExactly("letter.txt");
  }

  @Test
  void aStackTraceIsShownWhenAskedFor() {
    CommandLineRun run =
        CommandLineRun.of(
            "train",
            "--stacktrace",
            "--model_name_or_path",
            MODEL,
            "--train_file",
            folder.resolve("nope.csv"));

    assertThat(run.err()).contains("\tat dev.trainer4j.cli.train.DataFiles.read");
  }

  @Test
  void rowsBeforeABadOneArePredicted() throws IOException {
    Files.writeString(folder.resolve("rows.jsonl"), "{\"text\": \"who sold\"}\n{\"text\": oops\n");

    CommandLineRun run =
        CommandLineRun.of(
            "predict", MODEL, folder.resolve("rows.jsonl"), "--use_cpu", "--batch_size", 1);

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).startsWith("{\"label\":").hasLineCount(1);
    assertThat(run.err()).contains("rows.jsonl, line 2: column ").contains("is not valid JSON");
  }

  @Test
  void rowsOfAnArrayAreReadOneAfterTheOther() throws IOException {
    Files.writeString(
        folder.resolve("rows.json"),
        "{\"version\": [1, 2], \"data\": [\n {\"text\": \"who sold\"},\n {\"text\": \"the clock\"}, {\"text\": 1} , 7]}");

    CommandLineRun run =
        CommandLineRun.of(
            "predict", MODEL, folder.resolve("rows.json"), "--use_cpu", "--batch_size", 1);

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).hasLineCount(3);
    assertThat(run.err())
        .contains("rows.json, line 3: the array has something that is no object of columns");
  }

  @Test
  void aBadRowLeavesNoFileOfPredictions() throws IOException {
    Files.writeString(folder.resolve("rows.jsonl"), "{\"text\": \"who sold\"}\n{\"text\": null}\n");
    Path output = folder.resolve("predictions.jsonl");

    CommandLineRun run =
        CommandLineRun.of(
            "predict",
            MODEL,
            folder.resolve("rows.jsonl"),
            "-o",
            output,
            "--use_cpu",
            "--batch_size",
            1);

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .contains("rows.jsonl, line 2: the column 'text' is null, expected a text");
    assertThat(output).doesNotExist();
    assertThat(folder.resolve(".predictions.jsonl.tmp")).doesNotExist();
  }
}
