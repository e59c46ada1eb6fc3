// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.ArrayScope;
import java.io.IOException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Inputs that the native library would answer with a trace of its own. */
@Tag("context") // a wrong index that got through would end CUDA for its process
class InputMistakesTest {

  private static void assertRefused(String name, long[] ids, long label, String... words)
      throws IOException {
    try (PretrainedModel model = ParityModels.load(name);
        ArrayScope scope = ArrayScope.open()) {
      NDArray row = model.manager().create(ids, new Shape(1, ids.length));
      NDArray labels = model.manager().create(new long[] {label});
      ModelInputs inputs = ModelInputs.of("input_ids", row).with("labels", labels);
      assertThatThrownBy(() -> model.forward(inputs, false))
          .isInstanceOf(IllegalArgumentException.class)
          .satisfies(e -> assertThat(e.getMessage()).contains(words));
    }
  }

  @Test
  void aLabelThatTheHeadLacksIsNamed() throws IOException {
    assertRefused("bert-classify", new long[] {5, 6}, 3, "labels has 3", "3 labels");
  }

  @Test
  void anIdBeyondTheVocabularyIsNamed() throws IOException {
    assertRefused("bert-classify", new long[] {5, 999}, 0, "input_ids has 999", "vocab_size");
  }

  @Test
  void aTextThatIsTooLongIsNamedWithTheLimit() throws IOException {
    assertRefused("bert-classify", new long[65], 0, "65 tokens", "64 positions");
  }

  @Test
  void anEmptyTextIsNamed() throws IOException {
    assertRefused("bert-classify", new long[0], 0, "input_ids is empty");
  }

  @Test
  void aChoiceThatIsNotThereIsNamed() throws IOException {
    try (PretrainedModel model = ParityModels.load("bert-choice");
        ArrayScope scope = ArrayScope.open()) {
      NDArray ids = model.manager().create(new long[] {5, 6, 7, 8}, new Shape(1, 2, 2));
      NDArray labels = model.manager().create(new long[] {2});
      ModelInputs inputs = ModelInputs.of("input_ids", ids).with("labels", labels);
      assertThatThrownBy(() -> model.forward(inputs, false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("labels has 2")
          .hasMessageContaining("2 choices");
    }
  }

  @Test
  void textsWithoutChoicesAreRefusedWithTheShapeThatIsExpected() throws IOException {
    assertRefused("bert-choice", new long[] {5, 6}, 0, "(1, 2)", "[batch, choices, length]");
  }

  @Test
  void aTextWithoutTheEndAtWhichBartJudgesItIsRefused() throws IOException {
    assertRefused("bart-classify", new long[] {5, 6}, 0, "1 texts without eos_token_id 2");
  }

  @Test
  void aClassifierReadsTheTextItselfAndNoOther() throws IOException {
    try (PretrainedModel model = ParityModels.load("bart-classify");
        ArrayScope scope = ArrayScope.open()) {
      NDArray row = model.manager().create(new long[] {5, 6, 2}, new Shape(1, 3));
      NDArray other = model.manager().create(new long[] {2, 5}, new Shape(1, 2));
      ModelInputs inputs = ModelInputs.of("input_ids", row).with("decoder_input_ids", other);
      assertThatThrownBy(() -> model.forward(inputs, false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("decoder_input_ids has shape (1, 2)")
          .hasMessageContaining("(1, 3)");
    }
  }

  @Test
  void theLimitOfRobertaLeavesRoomForThePositionOfPadding() throws IOException {
    PretrainedConfig config = PretrainedConfig.read(ParityModels.folder("roberta-classify"));
    int padding = config.node("pad_token_id").intValue();
    int limit = config.node("max_position_embeddings").intValue() - padding - 1;
    assertRefused(
        "roberta-classify",
        LongStream.range(0, limit + 1).map(i -> 5).toArray(),
        0,
        limit + 1 + " tokens",
        limit + " positions",
        "truncate the texts");
  }

  @Test
  void aMaskOfAnotherShapeThanTheTextsIsRefused() throws IOException {
    try (PretrainedModel model = ParityModels.load("bert-classify");
        ArrayScope scope = ArrayScope.open()) {
      NDArray row = model.manager().create(new long[] {5, 6}, new Shape(1, 2));
      NDArray mask = model.manager().create(new long[] {1, 1, 0}, new Shape(1, 3));
      ModelInputs inputs = ModelInputs.of("input_ids", row).with("attention_mask", mask);
      assertThatThrownBy(() -> model.forward(inputs, false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("attention_mask has shape (1, 3)")
          .hasMessageContaining("(1, 2)");
    }
  }
}
