// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import static dev.trainer4j.cli.CommandLineRun.MODEL;
import static dev.trainer4j.cli.CommandLineRun.ROWS;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.cli.CommandLineRun;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.Generator;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class WritingCommandsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private static String expected(String prompt, int tokens) throws IOException {
    try (PretrainedModel model = AutoModels.causalLm(MODEL);
        PretrainedTokenizer tokenizer = PretrainedTokenizer.load(MODEL)) {
      GenerationConfig config = model.generationConfig().toBuilder().maxNewTokens(tokens).build();
      return Generator.of(model).generate(tokenizer, prompt, config);
    }
  }

  @Test
  void thePromptOfAFlagAndThatOfStandardInputAreContinuedAsTheLibraryDoes() throws IOException {
    String text = expected("In Milan we", 12);

    CommandLineRun flag =
        CommandLineRun.of("generate", MODEL, "--prompt", "In Milan we", "--max_new_tokens", 12);
    CommandLineRun piped =
        CommandLineRun.withInput("In Milan we\n", "generate", MODEL, "--max_new_tokens", 12);

    assertThat(flag.exitCode()).as(flag.err()).isZero();
    assertThat(flag.out()).isEqualTo(text + System.lineSeparator());
    assertThat(piped.out()).isEqualTo(flag.out());
  }

  @Test
  void aFileIsAnsweredInBatchesRowByRow() throws IOException {
    Path prompts = folder.resolve("prompts.jsonl");
    Files.writeString(
        prompts,
        """
        {"id": 1, "prompt": "In Milan"}
        {"id": 2, "prompt": "Lima is 75 miles away. In Paris we ate"}
        {"id": 3, "prompt": "The"}
        """);
    Path answers = folder.resolve("answers.jsonl");

    CommandLineRun run =
        CommandLineRun.of(
            "generate",
            MODEL,
            "--input",
            prompts,
            "--output",
            answers,
            "--batch_size",
            2,
            "--max_new_tokens",
            6);

    assertThat(run.exitCode()).as(run.err()).isZero();
    List<String> lines = Files.readAllLines(answers);
    assertThat(lines).hasSize(3);
    for (int i = 0; i < 3; i++) {
      JsonNode row = JSON.readTree(lines.get(i));
      assertThat(row.path("id").asInt()).isEqualTo(i + 1);
      assertThat(row.path("completion").asText())
          .isEqualTo(expected(row.path("prompt").asText(), 6));
    }
    CommandLineRun chats =
        CommandLineRun.of(
            "generate", MODEL, "--input", ROWS, "--max_new_tokens", 2, "--batch_size", 64);
    assertThat(chats.exitCode()).as(chats.err()).isZero();
    assertThat(JSON.readTree(chats.out().lines().findFirst().orElseThrow()).has("completion"))
        .isTrue();
  }

  @Test
  void rowsAreAnsweredWithTheToolsAndVariablesThatTheirTemplateIsTold() throws IOException {
    Path model = folder.resolve("model");
    try (PretrainedModel from = AutoModels.causalLm(MODEL);
        PretrainedTokenizer tokenizer = PretrainedTokenizer.load(MODEL)) {
      from.save(model);
      tokenizer.save(model);
    }
    Files.writeString(
        model.resolve("chat_template.jinja"),
        "{% if tools %}{{ tools[0].name }}{% endif %}{{ before }}{{ messages[0].content }}");
    Path rows = folder.resolve("rows.jsonl");
    Files.writeString(
        rows,
        """
        {"messages": [{"role": "user", "content": " we"}], "tools": [{"name": "In Milan"}]}
        {"messages": [{"role": "user", "content": " we"}], "tools": "[{\\"name\\": \\"In Milan\\"}]"}
        {"messages": [{"role": "user", "content": " we"}], "chat_template_kwargs": {"before": "In Milan"}}
        """);

    CommandLineRun run =
        CommandLineRun.of("generate", model, "--input", rows, "--max_new_tokens", 6);

    assertThat(run.exitCode()).as(run.err()).isZero();
    String completion = expected("In Milan we", 6);
    assertThat(run.out().lines().toList())
        .hasSize(3)
        .allSatisfy(
            line ->
                assertThat(JSON.readTree(line).path("completion").asText()).isEqualTo(completion));

    Files.writeString(rows, "{\"messages\": [{\"role\": \"user\"}], \"tools\": {}}\n");
    assertThat(CommandLineRun.of("generate", model, "--input", rows).err())
        .contains("line 1", "tools is {}, expected a list of objects");
  }

  @Test
  void settingsThatDoNothingAndFilesThatAreNotThereAreRefused() {
    assertThat(CommandLineRun.of("generate", MODEL, "--prompt", "a", "--temperature", 0.5).err())
        .contains("temperature is 0.5", "set --do_sample true");
    assertThat(CommandLineRun.of("generate", MODEL, "--input", "nowhere.jsonl").err())
        .contains("there is no file nowhere.jsonl");
    assertThat(CommandLineRun.of("generate", MODEL, "--prompt", "a", "--system", "b").err())
        .contains("system", "without chat");
    assertThat(CommandLineRun.of("generate", "--prompt", "a").err())
        .contains("Name it as the first word");
    assertThat(CommandLineRun.of("chat", MODEL, "--num_beams", 2).err()).contains("num_beams");
  }

  @Test
  void aScriptedChatRemembersForgetsAndSaves() throws IOException {
    Path saved = folder.resolve("chat.jsonl");
    String script =
        """
        In Milan we ate bread.
        /undo
        /system Be brief.
        Lima is 4 miles away.
        /nonsense
        /save
        /clear
        In Rome.
        /exit
        never said
        """;

    CommandLineRun run =
        CommandLineRun.withInput(script, "chat", MODEL, "--max_new_tokens", 4, "--save", saved);

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).contains("no command /nonsense");
    JsonNode messages = JSON.readTree(Files.readString(saved)).path("messages");
    assertThat(messages.findValuesAsText("content").subList(0, 2))
        .containsExactly("Be brief.", "In Rome.");
    assertThat(messages.findValuesAsText("role")).containsExactly("system", "user", "assistant");
    String answer = messages.get(2).path("content").asText();
    assertThat(run.out()).endsWith(answer + System.lineSeparator()).doesNotContain("> ");
    assertThat(run.out().length()).isGreaterThan(answer.length() + 2);
  }

  /** Util-linux' script gives the program a terminal. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void inATerminalControlCStopsTheAnswerAndNotTheProgram() throws Exception {
    String command =
        String.join(
            " ",
            "exec",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx1g -Dai.djl.pytorch.num_threads=1 -cp",
            "'" + System.getProperty("java.class.path") + "'",
            "dev.trainer4j.cli.Main chat",
            MODEL.toString(),
            "--max_new_tokens 4000 --do_sample --use_cpu");
    Process process =
        new ProcessBuilder("script", "-qec", command, "/dev/null")
            .redirectErrorStream(true)
            .start();
    try (InputStream out = process.getInputStream();
        OutputStream in = process.getOutputStream()) {
      StringBuilder seen = new StringBuilder();
      until(out, seen, "> ");
      say(in, "In Milan\n");
      until(out, seen, "In Milan\r\n");
      // Whatever the first token is: an answer has begun.
      int ignored = out.read();
      say(in, "\u0003");
      until(out, seen, "[stopped]");
      until(out, seen, "> ");
      say(in, "\u0003");
      until(out, seen, "Ctrl-D or /exit");
      say(in, "/exit\n");
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(seen.toString()).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(ignored).isNotNegative();
    } finally {
      process.destroyForcibly();
    }
  }

  private static void say(OutputStream in, String text) throws IOException {
    in.write(text.getBytes(StandardCharsets.UTF_8));
    in.flush();
  }

  private static void until(InputStream out, StringBuilder seen, String text) throws IOException {
    int from = seen.length();
    while (seen.indexOf(text, from) < 0) {
      int next = out.read();
      if (next < 0) {
        throw new IOException("the program ended, having said: " + seen);
      }
      seen.append((char) next);
    }
  }
}
