// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.transformers.PretrainedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** How fast updates are, how evenly, and in what memory. */
final class SpeedSteps {

  private SpeedSteps() {}

  /** When each update ended, and the memory then. */
  private static final class Watch implements TrainerCallback {
    private final List<Long> ends = new ArrayList<>();
    private final List<Double> host = new ArrayList<>();
    private final List<Double> card = new ArrayList<>();
    private final boolean readsMemory;

    Watch(boolean readsMemory) {
      this.readsMemory = readsMemory;
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      ends.add(System.nanoTime());
      if (readsMemory && state.globalStep() % 20 == 0) {
        Machine.resident().ifPresent(host::add);
        Machine.memory("memory.used").ifPresent(card::add);
      }
    }

    /** Milliseconds of update i, from the end of the one before. */
    double millis(int i) {
      return (ends.get(i) - ends.get(i - 1)) / 1e6;
    }

    double median() {
      return java.util.stream.IntStream.range(ends.size() / 2, ends.size())
          .mapToDouble(this::millis)
          .sorted()
          .skip(ends.size() / 4)
          .findFirst()
          .orElseThrow();
    }
  }

  private static int batch(Lab lab) {
    return lab.isGpu() ? 16 : 4;
  }

  private static Dataset<Map<String, ?>> texts(Lab lab) {
    return lab.isGpu()
        ? Texts.texts(512, 128, 30_522, true)
        : Texts.texts(64, 12, Texts.TOKENS, true);
  }

  private static Watch train(Lab lab, TrainingArguments.Builder args, boolean readsMemory) {
    Watch watch = new Watch(readsMemory);
    try (PretrainedModel model = Texts.base(lab);
        Trainer trainer =
            Trainer.builder(
                    model,
                    args.perDeviceTrainBatchSize(batch(lab))
                        .learningRate(2e-5)
                        .loggingSteps(10_000)
                        .build())
                .trainDataset(texts(lab))
                .callback(watch)
                .build()) {
      trainer.train();
    }
    return watch;
  }

  /** Something that is compiled in the first updates makes them, and each new shape, last for seconds. */
  static Finding steady(Lab lab) {
    int updates = lab.isGpu() ? 50 : 12;
    Watch watch = train(lab, lab.arguments("steady").maxSteps(updates), false);
    double median = watch.median();
    double early = 0;
    for (int i = 2; i < 6; i++) {
      early = Math.max(early, watch.millis(i));
    }
    return Finding.onGpu(
        lab,
        !lab.isGpu() || early < Math.max(10 * median, median + 500),
        String.format(
            Locale.ROOT, "updates 3 to 6 take up to %.0f ms, later ones %.0f ms", early, median),
        Map.of("early_ms", early, "median_ms", median));
  }

  static Finding throughput(Lab lab) {
    Map<String, Double> figures = new TreeMap<>();
    for (boolean half : new boolean[] {false, true}) {
      for (int workers : new int[] {0, 2}) {
        Watch watch =
            train(
                lab,
                lab.arguments("throughput")
                    .maxSteps(lab.isGpu() ? 60 : 8)
                    .dataloaderNumWorkers(workers)
                    .bf16(half),
                false);
        figures.put(
            (half ? "bf16" : "float32") + ", workers " + workers,
            1000 * batch(lab) / watch.median());
      }
    }
    List<String> found = new ArrayList<>();
    figures.forEach((name, rate) -> found.add(String.format(Locale.ROOT, "%s: %.0f", name, rate)));
    return Finding.measured(lab, "texts a second, " + String.join("; ", found), figures);
  }

  static Finding memory(Lab lab) {
    int updates = lab.isGpu() ? 200 : 80;
    Watch watch = train(lab, lab.arguments("memory").maxSteps(updates), true);
    double host = growth(watch.host);
    double card = growth(watch.card);
    String found =
        String.format(
            Locale.ROOT,
            "from update 40 to %d the host's memory grows by %.0f MiB, the GPU's by %.0f MiB",
            updates,
            host,
            card);
    return Finding.onGpu(
        lab, host < 200 && card < 64, found, Map.of("host_mib", host, "gpu_mib", card));
  }

  private static double growth(List<Double> readings) {
    return readings.size() < 3 ? 0 : readings.get(readings.size() - 1) - readings.get(1);
  }
}
