// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.cli.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each task finds its columns, learns what can be learned of some rows, and predicts. */
class TasksTest {
  private static final Path MODELS =
      Path.of("../trainer-transformers/src/test/resources/parity/models");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String[] WORDS = {"coins", "miles", "clock", "bowls", "cheese", "delhi"};

  /** Of several tokens: l, ##i, ##s, ##b, ##o, ##n or so. */
  private static final String PLACE = "lisbon";

  @TempDir Path folder;

  private Path rows(String name, String head, IntFunction<String> row) throws IOException {
    List<String> lines = new ArrayList<>();
    if (!head.isEmpty()) {
      lines.add(head);
    }
    for (int i = 0; i < 48; i++) {
      lines.add(row.apply(i));
    }
    return Files.write(folder.resolve(name), lines);
  }

  private JsonNode train(String model, Path data, Object... more) throws IOException {
    Object[] words = {
      "train",
      "--model_name_or_path",
      MODELS.resolve(model),
      "--ignore_mismatched_sizes",
      "--train_file",
      data,
      "--validation_file",
      data,
      "--output_dir",
      folder.resolve("out"),
      "--learning_rate",
      "5e-3",
      "--save_strategy",
      "no",
      "--per_device_train_batch_size",
      4,
      "--use_cpu"
    };
    CommandLineRun run =
        CommandLineRun.of(
            java.util.stream.Stream.of(words, more).flatMap(java.util.Arrays::stream).toArray());
    assertThat(run.exitCode()).as(run.err()).isZero();
    return JSON.readTree(run.out());
  }

  private JsonNode predicted(String row) throws IOException {
    CommandLineRun run =
        CommandLineRun.withInput(row + "\n", "predict", folder.resolve("out"), "--use_cpu");
    assertThat(run.exitCode()).as(run.err()).isZero();
    return JSON.readTree(run.out());
  }

  @Test
  void learnsLabelsOfWordsByTheirFirstTokensAndFindsWholeWords() throws IOException {
    Path data =
        rows(
            "words.jsonl",
            "",
            i -> {
              String word = WORDS[i % 6].equals("delhi") ? PLACE : WORDS[i % 6];
              String tag = word.equals(PLACE) ? "B-LOC" : "O";
              return "{\"tokens\": [\"who\", \""
                  + word
                  + "\"], \"ner_tags\": [\"O\", \""
                  + tag
                  + "\"]}";
            });

    JsonNode figures = train("bert-token", data, "--num_train_epochs", 6);

    assertThat(figures.path("eval_overall_f1").asDouble()).isEqualTo(1);
    assertThat(figures.path("eval_LOC_f1").asDouble()).isEqualTo(1);
    JsonNode entities = predicted("who " + PLACE).path("entities");
    assertThat(entities).hasSize(1);
    assertThat(entities.path(0).path("label").asText()).isEqualTo("LOC");
    assertThat(entities.path(0).path("text").asText()).isEqualTo(PLACE);
  }

  @Test
  void learnsAnswersInPiecesOfLongContexts() throws IOException {
    Path data =
        rows(
            "answers.jsonl",
            "",
            i -> {
              String before = "miles ".repeat(i % 40);
              return "{\"question\": \"who sold\", \"context\": \""
                  + before
                  + "delhi miles\", \"answers\": {\"text\": [\"delhi\"],"
                  + " \"answer_start\": ["
                  + before.length()
                  + "]}}";
            });

    JsonNode figures =
        train("bert-qa", data, "--max_seq_length", 24, "--doc_stride", 8, "--num_train_epochs", 4);

    assertThat(figures.path("train_samples").asInt()).isGreaterThan(48);
    assertThat(figures.path("eval_f1").asDouble()).isGreaterThan(90);
    assertThat(
            predicted("{\"question\": \"who sold\", \"context\": \"miles miles delhi miles\"}")
                .path("answer")
                .asText())
        .contains("delhi");
  }

  @Test
  void learnsTheRightEnding() throws IOException {
    Path data =
        rows(
            "endings.csv",
            "sent1,sent2,ending0,ending1,label",
            i -> "who sold,the," + (i % 2 == 0 ? "coins,delhi,0" : "delhi,coins,1"));

    JsonNode figures =
        train(
            "bert-choice",
            data,
            "--tokenizer_name",
            MODELS.resolve("bert-token"),
            "--num_train_epochs",
            6);

    assertThat(figures.path("eval_accuracy").asDouble()).isEqualTo(1);
    assertThat(
            predicted(
                    "{\"sent1\": \"who sold\", \"sent2\": \"the\", \"ending0\": \"delhi\", \"ending1\": \"coins\"}")
                .path("label")
                .asInt())
        .isEqualTo(1);
  }

  @Test
  void learnsNumbersOfPairs() throws IOException {
    Path data =
        rows(
            "numbers.csv",
            "sentence1,sentence2,score",
            i -> WORDS[i % 2] + " the," + WORDS[i % 3] + " the," + (i % 2 + 0.5));

    JsonNode figures = train("bert-classify", data, "--num_train_epochs", 10);

    assertThat(figures.path("eval_pearson").asDouble()).isGreaterThan(0.9);
    assertThat(figures.path("eval_rmse").asDouble()).isLessThan(0.3);
    assertThat(
            predicted("{\"sentence1\": \"miles the\", \"sentence2\": \"coins the\"}")
                .path("value")
                .asDouble())
        .isGreaterThan(1);
  }

  @Test
  void learnsSeveralLabelsOfAText() throws IOException {
    Path data =
        rows(
            "several.jsonl",
            "",
            i -> {
              List<String> labels = new ArrayList<>();
              labels.add(i % 2 == 0 ? "\"even\"" : "\"odd\"");
              if (i % 3 == 0) {
                labels.add("\"third\"");
              }
              return "{\"text\": \"" + WORDS[i % 6] + "\", \"label\": " + labels + "}";
            });

    JsonNode figures = train("bert-classify", data, "--num_train_epochs", 12);

    assertThat(figures.path("eval_f1").asDouble()).isEqualTo(1);
    assertThat(predicted("bowls").path("labels")).hasSize(2);
  }

  @Test
  void learnsToWrite() throws IOException {
    Path data =
        rows(
            "short.jsonl",
            "",
            i ->
                "{\"document\": \"who sold the "
                    + WORDS[i % 6]
                    + "\", \"summary\": \"the clock\"}");

    JsonNode figures =
        train(
            "t5",
            data,
            "--predict_with_generate",
            "--generation_max_length",
            8,
            "--num_train_epochs",
            10);

    // The little tokenizer has no token that ends a text: the two words are right, a third follows.
    assertThat(figures.path("eval_rouge1").asDouble()).isGreaterThan(70);
    assertThat(predicted("{\"document\": \"who sold the coins\"}").path("text").asText())
        .contains("clock");
  }

  @Test
  void learnsMaskedWordsOfBlocksAndOfLines() throws IOException {
    Path data = rows("text.txt", "", i -> "who sold the clock");

    JsonNode blocks =
        train(
            "bert-mlm",
            data,
            "--max_seq_length",
            12,
            "--num_train_epochs",
            8,
            "--mlm_probability",
            "0.4");
    JsonNode lines =
        train(
            "bert-mlm",
            data,
            "--max_seq_length",
            12,
            "--line_by_line",
            "--overwrite_output_dir",
            "--num_train_epochs",
            8,
            "--mlm_probability",
            "0.4");

    assertThat(blocks.path("eval_accuracy").asDouble()).isGreaterThan(0.8);
    assertThat(lines.path("eval_samples").asInt()).isEqualTo(48);
    assertThat(lines.path("perplexity").asDouble()).isLessThan(3);
  }
}
