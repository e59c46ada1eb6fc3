// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What one update costs in crossings from Java into libtorch, to the call. A change that makes a number
 * smaller is welcome to lower it here; one that makes it larger had better be worth it.
 */
class JniCallsTest {

  private static final int FROM = 10;
  private static final int TO = 30;

  /** What DJL's linear layers and their activations call for themselves. */
  private static final Set<String> OF_THE_BLOCK =
      Set.of("torchNNLinear", "torchNNRelu", "torchDeleteTensor", "torchDevice");

  /** Whatever moves values between Java, the host and a device, or clones them. */
  private static final Set<String> COPIES =
      Set.of("torchDataPtr", "torchFromBlob", "torchTo", "torchSet", "tensorClone");

  /** What every micro batch costs: collate two arrays, seed, record. */
  private static final Map<String, Long> BATCH =
      Map.ofEntries(
          Map.entry("torchDType", 4L),
          Map.entry("torchDirectByteBuffer", 2L),
          Map.entry("torchEmpty", 2L),
          Map.entry("torchIsContiguous", 2L),
          Map.entry("torchIsGradMode", 1L),
          Map.entry("torchLayout", 4L),
          Map.entry("torchManualSeed", 1L),
          Map.entry("torchSetGradMode", 2L));

  /** With three linear layers and two activations, loss, backward. */
  private static final Map<String, Long> MICRO_BATCH =
      sum(
          BATCH,
          Map.ofEntries(
              Map.entry("iValueFromTensor", 2L),
              Map.entry("iValueIsList", 1L),
              Map.entry("iValueIsMap", 1L),
              Map.entry("iValueIsTensor", 3L),
              Map.entry("iValueIsTensorList", 1L),
              Map.entry("iValueIsTuple", 1L),
              Map.entry("iValueToIValueTuple", 1L),
              Map.entry("iValueToTensor", 2L),
              Map.entry("moduleRunMethod", 1L),
              Map.entry("torchBackward", 1L),
              Map.entry("torchDeleteIValue", 5L),
              Map.entry("torchDeleteTensor", 9L),
              Map.entry("torchDevice", 5L),
              Map.entry("torchNNLinear", 3L),
              Map.entry("torchNNRelu", 2L),
              Map.entry("torchSizes", 3L)));

  /** Divide by the weight of the losses, clip, step: a kernel with its arguments and results. */
  private static final Map<String, Long> UPDATE =
      Map.ofEntries(
          Map.entry("iValueFromBool", 1L),
          Map.entry("iValueFromDouble", 3L),
          Map.entry("iValueFromDoubleList", 2L),
          Map.entry("iValueFromTensorList", 2L),
          Map.entry("iValueToDoubleList", 1L),
          Map.entry("moduleRunMethod", 1L),
          Map.entry("torchDeleteIValue", 9L),
          Map.entry("torchIsGradMode", 1L));

  /**
   * The same micro batch where its gradients are fresh: the layers are one kernel forward and one backward, and so is the
   * loss.
   */
  private static final Map<String, Long> UNRECORDED_MICRO_BATCH =
      sum(
          BATCH,
          Map.ofEntries(
              Map.entry("iValueFromTensor", 4L),
              Map.entry("iValueToIValueTuple", 2L),
              Map.entry("iValueToLong", 1L),
              Map.entry("iValueToTensor", 3L),
              Map.entry("moduleRunMethod", 4L),
              Map.entry("torchDeleteIValue", 13L),
              Map.entry("torchDeleteTensor", 5L),
              Map.entry("torchDevice", 3L),
              Map.entry("torchSizes", 4L)));

  @TempDir Path folder;

  @BeforeAll
  static void count() {
    JniCalls.install();
  }

  @Test
  void anUpdateOfOneMicroBatchCrossesAsOftenAsIsWrittenHere() throws IOException {
    Map<String, Long> calls = callsPerUpdate(2, 1);
    write("one micro batch", calls);
    assertThat(calls).containsExactlyInAnyOrderEntriesOf(sum(UNRECORDED_MICRO_BATCH, UPDATE));
  }

  @Test
  void moreLayersAddNoCallsToAnUpdateOfOneMicroBatch() {
    assertThat(difference(callsPerUpdate(8, 1), callsPerUpdate(2, 1))).isEmpty();
  }

  @Test
  void moreParametersAddNoCallsBeyondThoseOfTheBlocksForward() {
    Map<String, Long> more = difference(callsPerUpdate(8, 2), callsPerUpdate(2, 2));
    // In each of two micro batches six more layers of a linear and an activation, and the two
    // arrays that these make.
    assertThat(more.keySet()).isEqualTo(OF_THE_BLOCK);
    assertThat(more).containsEntry("torchDeleteTensor", 24L).containsEntry("torchNNLinear", 12L);
  }

  @Test
  void aFurtherMicroBatchCostsItsForwardAndBackwardOnly() throws IOException {
    Map<String, Long> more = difference(callsPerUpdate(2, 4), callsPerUpdate(2, 3));
    write("each further micro batch", more);
    assertThat(more).containsExactlyInAnyOrderEntriesOf(MICRO_BATCH);
  }

  @Test
  void onTheCpuNothingIsCopiedBetweenJavaAndLibtorch() {
    assertThat(callsPerUpdate(2, 2)).doesNotContainKeys(COPIES.toArray(String[]::new));
  }

  private static Map<String, Long> sum(Map<String, Long> one, Map<String, Long> other) {
    Map<String, Long> sum = new TreeMap<>(one);
    other.forEach((name, count) -> sum.merge(name, count, Long::sum));
    return sum;
  }

  /** Trains an MLP and returns the calls of one update, once everything is set up. */
  private Map<String, Long> callsPerUpdate(int hiddenLayers, int microBatches) {
    int[] hidden = new int[hiddenLayers];
    Arrays.fill(hidden, 8);
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(folder)
            .maxSteps(TO)
            .perDeviceTrainBatchSize(8)
            .gradientAccumulationSteps(microBatches)
            .dataloaderNumWorkers(0) // or another thread would call for the next batch meanwhile
            .loggingSteps(1_000)
            .saveStrategy(IntervalStrategy.NO)
            .useCpu(true)
            .build();
    Map<Long, Map<String, Long>> seen = new LinkedHashMap<>();
    TrainerCallback watch =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() == FROM || state.globalStep() == TO) {
              seen.put(state.globalStep(), JniCalls.snapshot());
            }
          }
        };
    try (Trainer trainer =
        Trainer.builder(MlpCase.block(hidden), args)
            .trainDataset(new MlpCase().data())
            .callback(watch)
            .build()) {
      trainer.train();
    }
    Map<String, Long> calls = new TreeMap<>();
    difference(seen.get((long) TO), seen.get((long) FROM))
        .forEach(
            (name, count) -> {
              assertThat(count % (TO - FROM)).as("%s is called at every update", name).isZero();
              calls.put(name, count / (TO - FROM));
            });
    return calls;
  }

  /** Returns what {@code more} has beyond {@code less}, names without a difference left out. */
  private static Map<String, Long> difference(Map<String, Long> more, Map<String, Long> less) {
    Set<String> names = new TreeSet<>(more.keySet());
    names.addAll(less.keySet());
    Map<String, Long> difference = new TreeMap<>();
    for (String name : names) {
      long count = more.getOrDefault(name, 0L) - less.getOrDefault(name, 0L);
      if (count != 0) {
        difference.put(name, count);
      }
    }
    return difference;
  }

  /** Leaves the numbers where docs/benchmarks.md says they are found. */
  private static void write(String title, Map<String, Long> calls) throws IOException {
    StringBuilder text =
        new StringBuilder("| native method | ").append(title).append(" |\n|---|---|\n");
    calls.forEach(
        (name, count) ->
            text.append("| `").append(name).append("` | ").append(count).append(" |\n"));
    long sum = calls.values().stream().mapToLong(Long::longValue).sum();
    text.append("| all | ").append(sum).append(" |\n");
    Path target = Files.createDirectories(Path.of("target", "jni-calls"));
    Files.writeString(target.resolve(title.replace(' ', '-') + ".md"), text);
  }
}
