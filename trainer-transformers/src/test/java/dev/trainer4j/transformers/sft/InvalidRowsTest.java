// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.data.DataException;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows that cannot be trained on: told with their place and the reason, or left out. */
class InvalidRowsTest {

  private static final String GOOD = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}";

  private static PretrainedTokenizer tokenizer;

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    try (PretrainedTokenizer plain = SftFigures.tokenizer()) {
      tokenizer =
          plain.withChatTemplate(
              "{% for m in messages %}{% if loop.index0 % 2 == (m.role == 'user') | int %}"
                  + "{{ raise_exception('Roles must alternate') }}{% endif %}<{{ m.role }}>{{ m.content }}"
                  + "{% for c in m.tool_calls or [] %}{{ c.function.name }}{% endfor %}{% endfor %}");
    }
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  private Dataset<Map<String, Object>> prepare(String lines, SftArguments.Builder args)
      throws IOException {
    Path file = Files.writeString(folder.resolve("rows.jsonl"), lines);
    return new SftPreparation(tokenizer, args.build(), null)
        .prepare(Datasets.jsonLines(file), "train", false);
  }

  /** The second row of a file is wrong. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"messages\": [{\"role\": \"assistant\", \"content\": \"Hi\"}]} | Roles must alternate",
        "{\"messages\": []} | 'messages' is empty",
        "{\"messages\": null} | 'messages' is null",
        "{\"message\": []} | 'messages' is not there: the row has the columns [message]",
        "{\"messages\": \"Hi\"} | 'messages' is the text 'Hi', expected a list of messages",
        "{\"messages\": [\"Hi\"]} | 'messages[0]' is the text 'Hi', expected an object",
        "{\"messages\": [{\"content\": \"Hi\"}]} | 'messages[0]' has the role null",
        "{\"messages\": [{\"role\": 3, \"content\": \"Hi\"}]} | 'messages[0]' has the role 3",
        "{\"messages\": [{\"role\": \"user\"}]} | 'messages[0]' has a role and nothing else",
        "{\"messages\": [{\"role\": \"user\", \"content\": null, \"tool_calls\": null}]} | 'messages[0]' has a role and nothing else",
        "{\"messages\": [{\"role\": \"user\", \"content\": 7}]} | 'messages[0].content' is 7, expected a text",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"\", \"tool_calls\": [\"add\"]}]} | 'messages[0].tool_calls[0]' is the text 'add', expected an object",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"\", \"tool_calls\": {}}]} | 'messages[0].tool_calls' is an object, expected a list",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"\", \"tool_calls\": [{}]}]} | 'function'",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"\"}], \"tools\": \"{\"} | 'tools' is no JSON list",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"\"}], \"tools\": [1]} | 'tools[0]' is 1, expected an object",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"\"}], \"tools\": 1} | 'tools' is 1",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"\"}], \"chat_template_kwargs\": []} | 'chat_template_kwargs' is a list of 0",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"\"}], \"chat_template_kwargs\": {\"tools\": []}} | 'tools' is an argument",
      })
  void aConversationIsToldWithItsLineAndTheReason(String row, String reason) {
    assertThatThrownBy(
            () -> prepare(GOOD + "\n\n" + row + "\n" + GOOD + "\n", SftArguments.builder()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("the train dataset, " + folder.resolve("rows.jsonl") + ", line 3: ")
        .hasMessageContaining(reason)
        .hasMessageContaining("InvalidRows.SKIP");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"prompt\": \"a\", \"completion\": \"b\"} | {\"prompt\": \"a\", \"completion\": \"\"} | 'completion' is empty",
        "{\"prompt\": \"a\", \"completion\": \"b\"} | {\"prompt\": \"a\"} | 'completion' is not there",
        "{\"prompt\": \"a\", \"completion\": \"b\"} | {\"prompt\": 1, \"completion\": \"b\"} | 'prompt' is 1, expected a text",
        "{\"text\": \"a\"} | {\"text\": [\"a\"]} | 'text' is a list of 1, expected a text",
        "{\"input_ids\": [1]} | {\"input_ids\": [1.5]} | 'input_ids[0]' is 1.5, expected a whole number",
        "{\"input_ids\": [1]} | {\"input_ids\": [-1]} | 'input_ids[0]' is -1, which no token has",
        "{\"input_ids\": [1]} | {\"input_ids\": [4294967297]} | 'input_ids[0]' is 4294967297, which no token has",
        "{\"input_ids\": [1]} | {\"input_ids\": \"1\"} | 'input_ids' is the text '1', expected a list",
        "{\"input_ids\": [1], \"labels\": [1]} | {\"input_ids\": [1], \"labels\": [1, 2]} | 'labels' has 2 entries, but 'input_ids' has 1",
        "{\"input_ids\": [1]} | {\"input_ids\": [1], \"assistant_masks\": [2]} | 'assistant_masks[0]' is 2, expected 0 or 1",
        "{\"prompt\": [{\"role\": \"user\", \"content\": \"a\"}], \"completion\": [{\"role\": \"assistant\", \"content\": \"b\"}]}"
            + " | {\"prompt\": [{\"role\": \"user\", \"content\": \"a\"}], \"completion\": []} | 'completion' is empty",
        "{\"prompt\": [{\"role\": \"user\", \"content\": \"a\"}], \"completion\": [{\"role\": \"assistant\", \"content\": \"b\"}]}"
            + " | {\"prompt\": [{\"role\": \"user\", \"content\": \"a\"}], \"completion\": [{\"role\": \"assistant\", \"content\": \"\"}]}"
            + " | 'completion' is empty",
      })
  void otherRowsAreToldToo(String good, String bad, String reason) {
    assertThatThrownBy(() -> prepare(good + "\n" + bad, SftArguments.builder()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("rows.jsonl, line 2: " + reason);
  }

  @Test
  void ofSeveralTheFirstIsTold() {
    String bad = "{\"messages\": 1}\n";
    assertThatThrownBy(
            () -> prepare((GOOD + "\n").repeat(700) + bad.repeat(200), SftArguments.builder()))
        .hasMessageContaining("line 701:");
  }

  @Test
  void theyAreLeftOutWhereThatIsAskedForAlsoInFrontAndFromTheCache() throws IOException {
    String bad = "{\"messages\": 1}\n";
    SftArguments.Builder args =
        SftArguments.builder()
            .invalidRows(InvalidRows.SKIP)
            .datasetCacheDir(folder.resolve("cache"));
    for (int i = 0; i < 2; i++) {
      Dataset<Map<String, Object>> rows =
          prepare(bad + GOOD + "\n" + bad + bad + GOOD + "\n", args);
      assertThat(rows.size()).isEqualTo(2);
      assertThat(TokenRow.ids(rows.get(0))).isEqualTo(TokenRow.ids(rows.get(1)));
    }
    assertThatThrownBy(
            () ->
                prepare(
                    GOOD + "\n" + bad,
                    SftArguments.builder().datasetCacheDir(folder.resolve("cache"))))
        .hasMessageContaining("line 2");
  }

  @Test
  void nothingLeftIsAnError() {
    assertThatThrownBy(
            () ->
                prepare("{\"messages\": 1}", SftArguments.builder().invalidRows(InvalidRows.SKIP)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the train dataset has the columns [messages]");
    assertThatThrownBy(
            () -> prepare("{\"input_ids\": [1], \"labels\": [-100]}", SftArguments.builder()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no row is left of the 1");
  }

  @Test
  void columnsThatAreNoneOfTheKnownAreNamed() {
    assertThatThrownBy(() -> prepare("{\"content\": \"a\"}", SftArguments.builder()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[content]")
        .hasMessageContaining("datasetTextField")
        .hasMessageContaining("formattingFunc");
    assertThatThrownBy(() -> prepare("{\"text\": \"a\", \"image\": \"x\"}", SftArguments.builder()))
        .hasMessageContaining("images");
  }

  @Test
  void argumentsThatDoNotFitTheColumnsAreRefused() {
    assertThatThrownBy(
            () -> prepare("{\"text\": \"a\"}", SftArguments.builder().assistantOnlyLoss(true)))
        .hasMessageContaining("assistantOnlyLoss")
        .hasMessageContaining("[text]");
    assertThatThrownBy(
            () -> prepare("{\"text\": \"a\"}", SftArguments.builder().completionOnlyLoss(true)))
        .hasMessageContaining("completionOnlyLoss")
        .hasMessageContaining("[text]");
    assertThatThrownBy(
            () ->
                prepare(
                    "{\"input_ids\": [1], \"completion_mask\": [1]}",
                    SftArguments.builder().skipPrepareDataset(true)))
        .hasMessageContaining("skipPrepareDataset")
        .hasMessageContaining("labels");
    assertThatThrownBy(
            () -> prepare("{\"text\": \"a\"}", SftArguments.builder().skipPrepareDataset(true)))
        .hasMessageContaining("skipPrepareDataset")
        .hasMessageContaining("[text]");
  }

  @Test
  void aLineThatIsNoJsonIsToldWithItsPlace() {
    assertThatThrownBy(() -> prepare(GOOD + "\n{\"messages\": [\n", SftArguments.builder()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("rows.jsonl, line 2: ")
        .hasMessageContaining("not valid JSON");
  }

  @Test
  void linesThatAreNoJsonAreLeftOutOrToldWithTheOthers() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("broken.jsonl"), "[1]\n" + GOOD + "\n{\"messages\": [\n" + GOOD + "\n");
    Dataset<Map<String, Object>> rows = Datasets.lenientJsonLines(file);
    SftArguments skip = SftArguments.builder().invalidRows(InvalidRows.SKIP).build();
    assertThat(new SftPreparation(tokenizer, skip, null).prepare(rows, "train", false).size())
        .isEqualTo(2);
    assertThatThrownBy(
            () ->
                new SftPreparation(tokenizer, SftArguments.builder().build(), null)
                    .prepare(rows, "train", false))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("the train dataset, " + file + ", line 1: cannot be read: ")
        .hasMessageContaining("is not a JSON object")
        .hasMessageContaining("InvalidRows.SKIP");
  }

  @Test
  void linesOfAStreamAreLeftOutOrToldWithTheirPlace() throws IOException {
    String empty = "{\"messages\": []}\n";
    Path file =
        Files.writeString(
            folder.resolve("stream.jsonl"), GOOD + "\n\n{\"messages\": [\n" + empty + GOOD + "\n");
    SftArguments skip = SftArguments.builder().invalidRows(InvalidRows.SKIP).build();
    assertThat(stream(skip, file)).toIterable().hasSize(2);

    Iterator<Map<String, Object>> strict = stream(SftArguments.builder().build(), file);
    strict.next();
    assertThatThrownBy(strict::next)
        .isInstanceOf(DataException.class)
        .hasMessageContaining("the train stream, row 1 (" + file + ", line 3): cannot be read: ")
        .hasMessageContaining("is not valid JSON");
  }

  private static Iterator<Map<String, Object>> stream(SftArguments args, Path file) {
    return new SftPreparation(tokenizer, args, null)
        .stream(Datasets.streamJsonLines(file), "train").iterator(0);
  }

  @Test
  void whatAFormattingFuncDoesWrongIsToldWithTheRow() {
    Dataset<Map<String, Object>> rows = Datasets.of(List.of(Map.of("a", "x"), Map.of("b", "y")));
    SftPreparation fails =
        new SftPreparation(
            tokenizer,
            SftArguments.builder().build(),
            row -> ((String) row.get("a")).toUpperCase(java.util.Locale.ROOT));
    assertThatThrownBy(() -> fails.prepare(rows, "train", false))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(
            "sample 1: the formattingFunc failed: java.lang.NullPointerException");
    SftPreparation gives =
        new SftPreparation(tokenizer, SftArguments.builder().build(), row -> (String) row.get("a"));
    assertThatThrownBy(() -> gives.prepare(rows, "train", false))
        .hasMessageContaining("sample 1: the formattingFunc gave null");
  }
}
