// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.cli.CommandLineRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Beside what Hugging Face's scripts do: {@code figures.py} made the figures. */
class ScriptParityTest {
  private static final Path DATA = Path.of("src/test/resources/parity");
  private static final Path MODELS =
      Path.of("../trainer-transformers/src/test/resources/parity/models");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private JsonNode train(String model, String ending, Object... more) throws IOException {
    return trainOn(model, "train" + ending, "validation" + ending, "1e-3", more);
  }

  private JsonNode trainOn(
      String model, String train, String validation, String learningRate, Object... more)
      throws IOException {
    Object[] words = {
      "train",
      "--model_name_or_path",
      MODELS.resolve(model),
      "--train_file",
      DATA.resolve(train),
      "--validation_file",
      DATA.resolve(validation),
      "--output_dir",
      folder.resolve("out"),
      "--num_train_epochs",
      1,
      "--learning_rate",
      learningRate,
      "--train_sampling_strategy",
      "sequential",
      "--save_strategy",
      "no",
      "--use_cpu",
      "--quiet"
    };
    CommandLineRun run = CommandLineRun.of(joined(words, more));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return JSON.readTree(run.out());
  }

  private static JsonNode golden(String script) throws IOException {
    return JSON.readTree(DATA.resolve("figures.json").toFile()).path(script);
  }

  @Test
  void classifiesAsRunGlue() throws IOException {
    JsonNode own = train("bert-classify", ".csv", "--max_seq_length", 64);

    JsonNode golden = golden("run_glue");
    assertThat(own.path("train_loss").asDouble())
        .isCloseTo(golden.path("train_loss").asDouble(), within(2e-6));
    assertThat(own.path("eval_loss").asDouble())
        .isCloseTo(golden.path("eval_loss").asDouble(), within(2e-6));
    assertThat(own.path("eval_accuracy").asDouble())
        .isEqualTo(golden.path("eval_accuracy").asDouble());
    assertThat(own.path("train_samples").asInt()).isEqualTo(160);
  }

  @Test
  void learnsTheNextTokenAsRunClm() throws IOException {
    JsonNode own = train("gpt2", ".txt", "--task", "causal_lm", "--block_size", 32);

    JsonNode golden = golden("run_clm");
    assertThat(own.path("eval_loss").asDouble())
        .isCloseTo(golden.path("eval_loss").asDouble(), within(2e-5));
    assertThat(own.path("eval_accuracy").asDouble())
        .isCloseTo(golden.path("eval_accuracy").asDouble(), within(1e-12));
    assertThat(own.path("perplexity").asDouble())
        .isCloseTo(Math.exp(own.path("eval_loss").asDouble()), within(1e-9));
  }

  @Test
  void findsAnswersAndThatThereIsNoneAsRunQa() throws IOException {
    String validation = "questions-validation.jsonl";
    Object[] flags = {"--version_2_with_negative", "--max_seq_length", 32, "--doc_stride", 8};
    Object[] threshold = {"--null_score_diff_threshold", 2};
    JsonNode strict =
        trainOn("bert-qa", "questions-train.jsonl", validation, "5e-3", joined(flags, threshold));

    assertFigures(strict, golden("run_qa_threshold"));

    Object[] evaluate = {
      "evaluate", folder.resolve("out"), DATA.resolve(validation), "--use_cpu", "--quiet"
    };
    CommandLineRun plain = CommandLineRun.of(joined(evaluate, flags));
    assertThat(plain.exitCode()).as(plain.err()).isZero();
    assertFigures(JSON.readTree(plain.out()), golden("run_qa"));
  }

  /** Shares are equal, as every answer is; the loss is one of float32. */
  private static void assertFigures(JsonNode own, JsonNode golden) {
    golden
        .fields()
        .forEachRemaining(
            figure -> {
              if (figure.getKey().startsWith("eval_")) {
                assertThat(own.path(figure.getKey()).asDouble(Double.NaN))
                    .as(figure.getKey())
                    .isCloseTo(
                        figure.getValue().asDouble(),
                        within(figure.getKey().equals("eval_loss") ? 2e-5 : 1e-9));
              }
            });
  }

  private static Object[] joined(Object[] some, Object[] more) {
    return Stream.of(some, more).flatMap(Arrays::stream).toArray();
  }
}
