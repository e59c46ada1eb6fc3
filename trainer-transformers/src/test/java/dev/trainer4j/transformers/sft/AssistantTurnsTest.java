// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.data.DataException;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is trained of conversations whose template has no {@code generation} blocks. */
class AssistantTurnsTest {

  private static final String HEAD =
      "{% for m in messages %}{{ '<' + m.role + '>' }}{% if m.role == 'assistant' %}";
  private static final String TAIL =
      "{% else %}{{ m.content }}{% endif %}{{ '\\n' }}{% endfor %}"
          + "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}";

  private static final List<Map<String, ?>> TALK =
      List.of(
          turn("system", "Be 😀."),
          turn("user", "Hi"),
          turn("assistant", "Hello 😀"),
          turn("tool", "2"),
          turn("assistant", "Two"),
          turn("user", "Bye"),
          turn("assistant", "Ciao"));

  private static Map<String, ?> turn(String role, String content) {
    return Map.of("role", role, "content", content);
  }

  private static Dataset<Map<String, Object>> prepare(
      String template, List<? extends Map<String, ?>> messages) {
    SftArguments args = SftArguments.builder().assistantOnlyLoss(true).build();
    try (PretrainedTokenizer plain = SftFigures.tokenizer();
        PretrainedTokenizer tokenizer = plain.withChatTemplate(template)) {
      Dataset<Map<String, ?>> rows = Datasets.of(List.of(Map.of("messages", messages)));
      return new SftPreparation(tokenizer, args, null).prepare(rows, "train", false);
    }
  }

  /** What is trained, as text. */
  private static String trained(String template, List<? extends Map<String, ?>> messages) {
    Map<String, Object> row = prepare(template, messages).get(0);
    int[] labels =
        Arrays.stream(TokenRow.labels(row)).filter(id -> id != TokenRow.IGNORED).toArray();
    try (PretrainedTokenizer tokenizer = SftFigures.tokenizer()) {
      return tokenizer.decode(labels, false);
    }
  }

  @Test
  void theyAreThoseThatBlocksWouldMark() {
    String blocks =
        HEAD
            + "{% generation %}{{ m.content + eos_token + '\\n' }}{% endgeneration %}{% else %}{{ m.content + '\\n' }}{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}";
    Map<String, Object> with = prepare(blocks, TALK).get(0);
    Map<String, Object> without =
        prepare(blocks.replace("{% generation %}", "").replace("{% endgeneration %}", ""), TALK)
            .get(0);
    assertThat(TokenRow.ids(without)).isEqualTo(TokenRow.ids(with));
    assertThat(TokenRow.labels(without)).isEqualTo(TokenRow.labels(with));
    assertThat(trained(blocks, TALK)).isEqualTo("Hello 😀</s>\nTwo</s>\nCiao</s>\n");
  }

  @Test
  void anAnswerBeginsWhereTheTemplateLeavesWhatItBeginsAnswersWith() {
    String thinks =
        HEAD
            + "{% if loop.last %}<think></think>{% endif %}{{ m.content + eos_token }}"
            + TAIL.replace("'<assistant>'", "'<assistant><think>\\n'");
    assertThat(trained(thinks, TALK.subList(0, 3))).isEqualTo("</think>Hello 😀</s>\n");
  }

  @Test
  void aTemplateThatChangesEarlierTurnsIsAnError() {
    String forgets =
        HEAD + "{% if loop.last %}<think></think>{% endif %}{{ m.content + eos_token }}" + TAIL;
    assertThatThrownBy(() -> prepare(forgets, TALK))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("the train dataset, sample 0")
        .hasMessageContaining("first 3 messages")
        .hasMessageContaining("{% generation %}")
        .hasMessageContaining("chatTemplatePath");
  }

  @Test
  void aTalkThatBeginsWithTheAssistantIsAnError() {
    String plain = HEAD + "{{ m.content + eos_token }}" + TAIL;
    assertThatThrownBy(() -> prepare(plain, TALK.subList(2, 4)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("begins with the assistant");
  }

  @Test
  void aTalkWithoutAnswersIsAnError() {
    String plain = HEAD + "{{ m.content + eos_token }}" + TAIL;
    assertThatThrownBy(() -> prepare(plain, TALK.subList(0, 2)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("assistantOnlyLoss")
        .hasMessageContaining("role 'assistant'");
  }

  @Test
  void aTemplateWhoseAnswersEndOutsideIsTold() {
    try (PretrainedTokenizer plain = SftFigures.tokenizer()) {
      for (String end : List.of("inside", "outside")) {
        String block =
            end.equals("inside")
                ? "{% generation %}{{ m.content + eos_token }}{% endgeneration %}"
                : "{% generation %}{{ m.content }}{% endgeneration %}{{ eos_token }}";
        try (PretrainedTokenizer tokenizer = plain.withChatTemplate(HEAD + block + TAIL)) {
          assertThat(new ChatEncoder(tokenizer, true).learnsToEnd())
              .isEqualTo(end.equals("inside"));
        }
      }
    }
  }
}
