// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents one after the other in a row, without padding. */
class DecoderDocumentsTest {

  private static final int[] LENGTHS = {5, 13, 1, 9};

  private record Result(double loss, double weight, Map<String, float[]> gradients) {}

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama", "mistral", "qwen2-window", "qwen3", "gemma"})
  void paddingFreeBatchesEqualPaddedOnes(String name) throws IOException {
    Result padded = run(name, DecoderDocumentsTest::padded);

    assertSame(run(name, manager -> flat(manager, "position_ids")), padded);
    assertSame(run(name, manager -> flat(manager, "cu_seq_lens_q")), padded);
  }

  @Test
  void documentsDoNotSeeEachOther() throws IOException {
    try (PretrainedModel model = ParityModels.load("llama");
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = flat(model.manager(), "position_ids");
      NDArray before = model.forward(inputs, false).logits();
      long[] ids = inputs.get("input_ids").toLongArray();
      ids[0] = (ids[0] + 1) % 300;
      NDArray changed = model.manager().create(ids, new Shape(1, ids.length));
      NDArray after = model.forward(inputs.with("input_ids", changed), false).logits();

      float[] differences = after.sub(before).abs().sum(new int[] {0, 2}).toFloatArray();
      assertThat(differences[0]).isPositive();
      assertThat(Arrays.copyOfRange(differences, LENGTHS[0], differences.length)).containsOnly(0f);
    }
  }

  @Test
  void boundsThatDoNotFitTheBatchAreRefused() throws IOException {
    try (PretrainedModel model = ParityModels.load("llama")) {
      ModelInputs inputs =
          flat(model.manager(), "cu_seq_lens_q")
              .with("cu_seq_lens_q", model.manager().create(new long[] {0, 5, 9}));
      assertThatThrownBy(() -> model.forward(inputs, false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("cu_seq_lens_q")
          .hasMessageContaining("28");
    }
  }

  @Test
  void boundsBesideAMaskThatHidesTokensAreRefused() throws IOException {
    try (PretrainedModel model = ParityModels.load("llama")) {
      NDManager manager = model.manager();
      ModelInputs inputs = flat(manager, "cu_seq_lens_q");
      long[] mask = new long[28];
      Arrays.fill(mask, 0, 27, 1);
      ModelInputs both = inputs.with("attention_mask", manager.create(mask, new Shape(1, 28)));
      assertThatThrownBy(() -> model.forward(both, false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("attention_mask hides tokens")
          .hasMessageContaining("cu_seq_lens_q");
    }
  }

  private static void assertSame(Result actual, Result expected) {
    assertThat(actual.weight()).isEqualTo(expected.weight());
    assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-5 * expected.loss()));
    expected
        .gradients()
        .forEach(
            (name, wanted) -> {
              float[] gradient = actual.gradients().get(name);
              for (int i = 0; i < wanted.length; i++) {
                assertThat(gradient[i]).as("%s[%d]", name, i).isCloseTo(wanted[i], within(1e-4f));
              }
            });
  }

  private interface Inputs {
    ModelInputs make(NDManager manager);
  }

  private static Result run(String name, Inputs make) throws IOException {
    try (PretrainedModel model = ParityModels.load(name);
        Autograd.Recording on = Autograd.record(true);
        Autograd autograd = new Autograd();
        ArrayScope scope = ArrayScope.open()) {
      LossOutput loss = model.forward(make.make(model.manager()), true).loss();
      autograd.backward(loss.value());
      Map<String, float[]> gradients = new LinkedHashMap<>();
      for (NamedParameter parameter : model.parameters()) {
        gradients.put(parameter.name(), parameter.array().getGradient().toFloatArray());
      }
      return new Result(loss.value().getFloat(), loss.weight(), gradients);
    }
  }

  private static long[][] documents() {
    Random random = new Random(1);
    return Arrays.stream(LENGTHS)
        .mapToObj(length -> random.longs(length, 10, 300).toArray())
        .toArray(long[][]::new);
  }

  private static ModelInputs padded(NDManager manager) {
    long[][] documents = documents();
    int longest = Arrays.stream(LENGTHS).max().orElseThrow();
    long[] ids = new long[LENGTHS.length * longest];
    long[] mask = new long[ids.length];
    long[] labels = new long[ids.length];
    Arrays.fill(labels, -100);
    for (int i = 0; i < documents.length; i++) {
      System.arraycopy(documents[i], 0, ids, i * longest, LENGTHS[i]);
      System.arraycopy(documents[i], 0, labels, i * longest, LENGTHS[i]);
      Arrays.fill(mask, i * longest, i * longest + LENGTHS[i], 1);
    }
    Shape shape = new Shape(LENGTHS.length, longest);
    return ModelInputs.of("input_ids", manager.create(ids, shape))
        .with("attention_mask", manager.create(mask, shape))
        .with("labels", manager.create(labels, shape));
  }

  private static ModelInputs flat(NDManager manager, String boundary) {
    long[] ids = Arrays.stream(documents()).flatMapToLong(Arrays::stream).toArray();
    long[] positions = new long[ids.length];
    long[] bounds = new long[LENGTHS.length + 1];
    int at = 0;
    for (int i = 0; i < LENGTHS.length; i++) {
      for (int j = 0; j < LENGTHS[i]; j++) {
        positions[at++] = j;
      }
      bounds[i + 1] = at;
    }
    Shape shape = new Shape(1, ids.length);
    return ModelInputs.of("input_ids", manager.create(ids, shape))
        .with("labels", manager.create(ids, shape))
        .with(
            boundary,
            boundary.equals("position_ids")
                ? manager.create(positions, shape)
                : manager.create(bounds));
  }
}
