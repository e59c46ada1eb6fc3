// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.Inference;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** A service that asks a model for as long as it likes holds no more than after its first questions. */
class PredictorMemoryTest {

  private static final Path FOLDER = ParityModels.ownFolder().resolve("bert-classify");
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final int THREADS = 4;

  /** One hidden state of 3 x 12 x 32 floats kept a call would be 2,700 in each window. */
  private static final long RISE_KIB = 1500;

  private static final int CALLS = 150;

  /** Arrays of a manager and of all below it; DJL shows only those of one. */
  private static long arrays(Object resource) throws ReflectiveOperationException {
    if (resource instanceof NDArray) {
      return 1;
    }
    if (!(resource instanceof BaseNDManager)) {
      return 0;
    }
    Field children = BaseNDManager.class.getDeclaredField("resources");
    children.setAccessible(true);
    long sum = 0;
    for (Object child : ((Map<?, ?>) children.get(resource)).values()) {
      sum += arrays(child);
    }
    return sum;
  }

  private static long allArrays() throws ReflectiveOperationException {
    try (NDManager any = NDManager.newBaseManager(ai.djl.Device.cpu(), "PyTorch")) {
      return arrays(any.getParentManager());
    }
  }

  private static long residentKib() throws Exception {
    System.gc();
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  private static void ask(ExecutorService pool, TextClassifier classifier, int calls)
      throws Exception {
    List<String> texts = List.of("we ate rice", "Lima is 10 miles away!", "it was wonderful");
    List<Future<?>> threads = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      threads.add(
          pool.submit(
              () -> {
                for (int i = 0; i < calls; i++) {
                  classifier.scores(texts);
                }
              }));
    }
    for (Future<?> thread : threads) {
      thread.get();
    }
  }

  @Test
  void neitherArraysNorMemoryGrowWithCallsFromSeveralThreads() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try (TextClassifier classifier = TextClassifier.builder(FOLDER).batchSize(3).build()) {
      ask(pool, classifier, 100);
      long arrays = allArrays();
      boolean measured = Files.isReadable(STATUS);
      long before = measured ? residentKib() : 0;
      long smallestRise = Long.MAX_VALUE;
      for (int window = 0; window < 3; window++) {
        ask(pool, classifier, CALLS);
        long now = measured ? residentKib() : 0;
        smallestRise = Math.min(smallestRise, now - before);
        before = now;
      }
      assertThat(allArrays()).isEqualTo(arrays);
      assumeThat(measured).isTrue();
      assertThat(smallestRise).isLessThan(RISE_KIB);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void aPlainForwardLeavesArraysAndInferenceDoesNot() throws Exception {
    try (PretrainedModel model = AutoModels.sequenceClassification(FOLDER, ParityModels.cpu());
        PretrainedTokenizer tokenizer = PretrainedTokenizer.load(FOLDER)) {
      long[] ids = {2, 30, 31, 3};
      ask(model, ids);
      long before = allArrays();
      float[] logits = ask(model, ids);
      assertThat(allArrays()).isEqualTo(before);
      model.forward(
          ModelInputs.of("input_ids", model.manager().create(ids, new Shape(1, 4))), false);
      assertThat(allArrays()).as("what makes the other way necessary").isGreaterThan(before);
      assertThat(logits).hasSize(3);
      assertThatThrownBy(
              () ->
                  Inference.run(
                      model,
                      manager -> ModelInputs.of("input_ids", manager.create(ids, new Shape(1, 4))),
                      output -> Map.of("logits", output.logits())))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("freed when the call ends");
    }
  }

  private static float[] ask(PretrainedModel model, long[] ids) {
    return Inference.run(
        model,
        manager -> ModelInputs.of("input_ids", manager.create(ids, new Shape(1, 4))),
        output -> Inference.floats(output.logits()));
  }
}
