// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LabelLayout;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.ValueRange;
import dev.trainer4j.transformers.generation.GenerationConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** For every head: what an input is called, its shape and its type are looked at before libtorch sees it. */
@Tag("context") // a wrong index that got through would end CUDA for its process
class InputCheckTest {

  private static String messageOf(PretrainedModel model, ModelInputs inputs) {
    Throwable failure = catchThrowable(() -> model.forward(inputs, true));
    assertThat(failure).as("%s of %s", model, inputs).isInstanceOf(IllegalArgumentException.class);
    assertThat(failure.getMessage())
        .hasLineCount(1)
        .doesNotContain("TorchScript interpreter", "Exception raised");
    return failure.getMessage();
  }

  /** Without the last row, place or element. */
  private static NDArray shorter(NDArray array) {
    return array.getShape().dimension() == 1 ? array.get(":-1") : array.get("..., :-1");
  }

  private static NDArray firstBeyond(NDArray array) {
    long[] values = array.toLongArray();
    values[1] = 1_000_000; // The first label of a causal model counts for nothing.
    return array.getManager().create(values, array.getShape());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert-classify",
        "bert-token",
        "bert-qa",
        "bert-choice",
        "bert-mlm",
        "gpt2",
        "bart",
        "bart-classify",
        "bart-qa",
        "bart-regression",
        "t5"
      })
  void eachInputOfEachHeadIsNamedIfItIsWrong(String name) throws IOException {
    try (PretrainedModel model = ParityModels.load(name);
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs good = ParityModels.inputs(name, model.manager());
      model.forward(good, false);
      for (String input : good.names()) {
        NDArray array = good.get(input);
        boolean isMask = input.equals("attention_mask"); // any type, as in transformers
        if (!isMask && !array.getDataType().isFloating()) {
          NDArray floats = array.toType(DataType.FLOAT32, true);
          assertThat(messageOf(model, good.with(input, floats)))
              .contains(input, "float32")
              .containsAnyOf("whole numbers", "a class for", "a token for", "0 or 1", "the tokens");
          NDArray beyond = firstBeyond(array);
          if (!model.labelNames().contains("start_positions") || !input.endsWith("positions")) {
            assertThat(messageOf(model, good.with(input, beyond)))
                .contains(input + " has 1000000 in row ", " of the batch", "the model has", "0 to");
            assertRefusedBeforeThePass(model, good.with(input, beyond), beyond);
          }
        }
        boolean ofItsOwnLength = input.equals("labels") && model.isEncoderDecoder();
        NDArray less = ofItsOwnLength ? array.get(":-1") : shorter(array);
        assertThat(messageOf(model, good.with(input, less)))
            .contains(input, less.getShape().toString())
            .contains("expected");
        if (isMask || input.equals("token_type_ids")) {
          ModelInputs slip = good.without(input).with(input + "s", array);
          assertThat(messageOf(model, slip)).contains("'" + input + "s'", "no '" + input + "'");
        }
      }
      assertThat(
              messageOf(model, good.without("input_ids").with("inputIds", good.get("input_ids"))))
          .contains("there is no input_ids", "is 'inputIds' a slip?", "attention_mask");
    }
  }

  /** As on a GPU, which a wrong index is fatal to: what is known of the values is enough. */
  private static void assertRefusedBeforeThePass(
      PretrainedModel model, ModelInputs inputs, NDArray wrong) {
    String afterwards = messageOf(model, inputs);
    try (NDManager owner = model.manager().newSubManager()) {
      ValueRange.note(owner, wrong, wrong);
      assertThat(catchThrowable(() -> model.forward(inputs, true)))
          .hasMessage(afterwards)
          .hasNoCause();
    }
  }

  /** Whole numbers as targets of a regression, and positions that rotate, are no indices. */
  @Test
  void whatIsNoIndexMayBeAnything() throws IOException {
    try (PretrainedModel model = ParityModels.load("bart-regression");
        NDManager owner = model.manager().newSubManager();
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs good = ParityModels.inputs("bart-regression", model.manager());
      NDArray labels = owner.full(good.get("labels").getShape(), 77).toType(DataType.INT64, false);
      ValueRange.note(owner, labels, labels);
      assertThat(model.forward(good.with("labels", labels), true).loss()).isNotNull();
    }
    try (PretrainedModel model = ParityModels.load("llama");
        NDManager owner = model.manager().newSubManager();
        ArrayScope scope = ArrayScope.open()) {
      NDArray ids = owner.create(new long[] {5, 6}, new Shape(1, 2));
      NDArray far = owner.create(new long[] {0, 5000}, new Shape(1, 2));
      ValueRange.note(owner, far, far);
      ModelInputs inputs = ModelInputs.of("input_ids", ids).with("position_ids", far);
      assertThat(model.forward(inputs, false).logits().getShape().get(1)).isEqualTo(2);
    }
  }

  @Test
  void scoresThatAreNoNumbersAreNotDrawnFrom() throws IOException {
    try (PretrainedModel model = ParityModels.load("gpt2")) {
      NDArray embeddings = model.parameters().get(0).array();
      float[] lost = new float[(int) embeddings.size()];
      Arrays.fill(lost, Float.NaN);
      try (Autograd.Recording off = Autograd.record(false)) {
        embeddings.set(lost);
      }
      for (int beams = 1; beams <= 2; beams++) {
        GenerationConfig config =
            GenerationConfig.builder().maxNewTokens(2).doSample(true).numBeams(beams).build();
        assertThat(catchThrowable(() -> model.generate(new long[][] {{0, 0}}, config)))
            .hasMessageContaining("no token can be drawn")
            .hasMessageContaining("not a number");
      }
    }
  }

  @Test
  void eachTokenOfGenerationSettingsIsLookedAtBeforeItIsUsed() throws IOException {
    try (PretrainedModel model = ParityModels.load("gpt2")) {
      Map<String, GenerationConfig> wrong =
          Map.of(
              "suppress_tokens",
                  GenerationConfig.builder()
                      .maxNewTokens(2)
                      .suppressTokens(List.of(1_000_000))
                      .build(),
              "begin_suppress_tokens",
                  GenerationConfig.builder()
                      .maxNewTokens(2)
                      .beginSuppressTokens(List.of(1_000_000))
                      .build(),
              "bad_words_ids",
                  GenerationConfig.builder()
                      .maxNewTokens(2)
                      .badWordsIds(List.of(List.of(1, 1_000_000)))
                      .build(),
              "forced_eos_token_id",
                  GenerationConfig.builder()
                      .maxNewTokens(2)
                      .forcedEosTokenId(List.of(1_000_000))
                      .build());
      for (Map.Entry<String, GenerationConfig> entry : wrong.entrySet()) {
        assertThat(catchThrowable(() -> model.generate(new long[][] {{1, 2}}, entry.getValue())))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(entry.getKey() + " has ")
            .hasMessageContaining("the model's vocabulary has");
      }
    }
  }

  private static ModelInputs texts(PretrainedModel model, Map<String, Object> more) {
    NDArray ids = model.manager().create(new long[] {5, 6, 7, 8}, new Shape(2, 2));
    ModelInputs inputs = ModelInputs.of("input_ids", ids);
    for (Map.Entry<String, Object> entry : more.entrySet()) {
      NDArray array =
          entry.getValue() instanceof float[][] floats
              ? model.manager().create(floats)
              : entry.getValue() instanceof long[][] longs
                  ? model.manager().create(flat(longs), new Shape(longs.length, longs[0].length))
                  : entry.getValue() instanceof boolean[][] flags
                      ? model.manager().create(flags)
                      : model.manager().create((long[]) entry.getValue());
      inputs = inputs.with(entry.getKey(), array);
    }
    return inputs;
  }

  private static long[] flat(long[][] rows) {
    return Stream.of(rows).flatMapToLong(java.util.Arrays::stream).toArray();
  }

  @Test
  void severalLabelsAsWholeNumbersAreToldFromOneClassEach() throws IOException {
    try (PretrainedModel model = ParityModels.load("bert-classify");
        ArrayScope scope = ArrayScope.open()) {
      assertThat(
              messageOf(model, texts(model, Map.of("labels", new long[][] {{1, 0, 1}, {0, 1, 0}}))))
          .isEqualTo(
              "labels is (2, 3) int64, expected the class of each text, 2 whole numbers from 0 to 2;"
                  + " for texts with several labels give floating point numbers (float[] of 0 and 1), or"
                  + " set problem_type to multi_label_classification");
      boolean[][] flags = {{true, false, true}, {false, true, false}};
      assertThat(messageOf(model, texts(model, Map.of("labels", flags))))
          .contains("labels is (2, 3) boolean", "give floating point numbers");
      float[][] some = {{1, 0}, {0, 1}};
      assertThat(messageOf(model, texts(model, Map.of("labels", some))))
          .contains("labels is (2, 2) float32", "of shape (2, 3)", "several labels a text");
      float[][] all = {{1, 0, 1}, {0, 1, 0}};
      assertThat(model.forward(texts(model, Map.of("labels", all)), true).loss()).isNotNull();
    }
    try (PretrainedModel model = ParityModels.load("bert-classify");
        ArrayScope scope = ArrayScope.open()) {
      // As files may have them.
      long[][] column = {{2}, {1}};
      assertThat(model.forward(texts(model, Map.of("labels", column)), true).loss()).isNotNull();
    }
  }

  @Test
  void halfOfASpanIsRefused() throws IOException {
    try (PretrainedModel model = ParityModels.load("bert-qa");
        ArrayScope scope = ArrayScope.open()) {
      assertThat(messageOf(model, texts(model, Map.of("start_positions", new long[] {0, 1}))))
          .contains("start_positions, but no end_positions");
      assertThat(messageOf(model, texts(model, Map.of("end_positions", new long[] {0, 1}))))
          .contains("end_positions, but no start_positions");
    }
  }

  @Test
  void typesAndPositionsAreNamedByTheirLimits() throws IOException {
    try (PretrainedModel model = ParityModels.load("bert-classify");
        ArrayScope scope = ArrayScope.open()) {
      long[][] nine = {{0, 9}, {0, 0}};
      assertThat(messageOf(model, texts(model, Map.of("token_type_ids", nine))))
          .contains("token_type_ids has 9", "(type_vocab_size)");
      long[][] far = {{0, 64}, {0, 1}};
      assertThat(messageOf(model, texts(model, Map.of("position_ids", far))))
          .contains("position_ids has 64", "(max_position_embeddings)", "0 to 63");
    }
  }

  @Test
  void idsOfGenerationSettingsBeyondTheVocabularyComeWithTheSettings() throws IOException {
    try (PretrainedModel model = ParityModels.load("gpt2")) {
      GenerationConfig config =
          GenerationConfig.builder().maxNewTokens(2).suppressTokens(List.of(1_000_000)).build();
      assertThat(catchThrowable(() -> model.generate(new long[][] {{1, 2}}, config)))
          .isInstanceOf(IllegalArgumentException.class)
          .message()
          .hasLineCount(1)
          .contains("suppress_tokens has 1000000", "the model's vocabulary has", "0 to");
    }
  }

  /** A batch may carry columns that no model reads, as long as they are not nearly what one reads. */
  @Test
  void whatADataSetCarriesBesidesIsLeftAlone() throws IOException {
    try (PretrainedModel model = ParityModels.load("bert-classify");
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs =
          texts(
              model,
              new LinkedHashMap<>(
                  Map.of(
                      "idx", new long[] {3, 4},
                      "position_id", new long[] {3, 4}, // no row of places
                      "input_ids_b", new long[][] {{1, 2}, {3, 4}}, // the model has its ids
                      "special_tokens_mask", new long[][] {{1, 0}, {0, 1}},
                      "length", new long[] {2, 2})));
      assertThat(model.forward(inputs, false).logits().getShape()).isEqualTo(new Shape(2, 3));
    }
  }

  /** What label smoothing asks before it begins. */
  @Test
  void onlyOneClassForEachTextCanBeSmoothed(@TempDir Path folder) throws IOException {
    Map<String, LabelLayout> layouts = new LinkedHashMap<>();
    for (String problem :
        List.of("single_label_classification", "multi_label_classification", "regression", "")) {
      Path copy = Files.createDirectory(folder.resolve("m" + layouts.size()));
      List<Path> files = new ArrayList<>();
      try (Stream<Path> all = Files.list(ParityModels.folder("bert-classify"))) {
        all.forEach(files::add);
      }
      for (Path file : files) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
      Path config = copy.resolve("config.json");
      if (!problem.isEmpty()) {
        String text = Files.readString(config);
        Files.writeString(
            config,
            text.replaceFirst("\\{", "{\"problem_type\": \"" + problem + "\",")
                .replaceAll(",\\s*\"problem_type\": null", ""));
      }
      try (PretrainedModel model = AutoModels.sequenceClassification(copy, ParityModels.cpu())) {
        layouts.put(problem, model.labelLayout());
      }
    }
    assertThat(layouts.values())
        .containsExactly(
            LabelLayout.ALIGNED, LabelLayout.OTHER, LabelLayout.OTHER, LabelLayout.ALIGNED);
  }
}
