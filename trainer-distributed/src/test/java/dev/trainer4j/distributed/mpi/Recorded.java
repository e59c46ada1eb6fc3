// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.Trainer;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a rank saw of a run, as numbers by name: log lines, metrics, weights, and which samples each update had. */
record Recorded(Map<String, Double> values) {

  /** Notes the first number of each sample, which is of no other. */
  static final class SampleOrder implements TrainerCallback {
    private final Map<Long, List<Double>> seen = new TreeMap<>();

    @Override
    public void onSubstepBegin(
        CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {
      if (inputs.names().contains("x")) {
        float[] x = inputs.get("x").toFloatArray();
        for (int i = 0; i < x.length; i += Models.FEATURES) {
          seen.computeIfAbsent(state.globalStep(), step -> new ArrayList<>()).add((double) x[i]);
        }
      }
    }

    /** The samples of each update on all ranks, added up with weights that tell them apart. */
    private void addTo(Map<String, Double> values, ProcessGroup group) {
      String own =
          seen.entrySet().stream()
              .map(update -> update.getKey() + ":" + numbers(update.getValue()))
              .collect(Collectors.joining(";"));
      Map<Long, List<Double>> all = new TreeMap<>();
      for (String ofRank : group.allGather(own)) {
        for (String update : ofRank.isEmpty() ? new String[0] : ofRank.split(";")) {
          String[] parts = update.split(":");
          for (String number : parts[1].split(",")) {
            all.computeIfAbsent(Long.valueOf(parts[0]), step -> new ArrayList<>())
                .add(Double.valueOf(number));
          }
        }
      }
      all.forEach(
          (step, numbers) -> {
            List<Double> sorted = numbers.stream().sorted().toList();
            for (int i = 0; i < sorted.size(); i++) {
              values.put("update " + step + " sample " + i, sorted.get(i));
            }
          });
    }

    private static String numbers(List<Double> values) {
      return values.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
  }

  static Recorded of(
      Trainer trainer, Map<String, NDArray> weights, SampleOrder order, ProcessGroup group) {
    Map<String, Double> values = new LinkedHashMap<>();
    List<LogEntry> log = trainer.state().logHistory();
    for (int i = 0; i < log.size(); i++) {
      int line = i;
      log.get(i).values().forEach((name, value) -> values.put("log " + line + " " + name, value));
    }
    trainer.evaluate().metrics().forEach((name, value) -> values.put("metric " + name, value));
    values.keySet().removeIf(name -> name.endsWith("_runtime") || name.endsWith("_per_second"));
    trainer.close(); // Parameters that ranks share come back then.
    weights.forEach((name, array) -> addWeights(values, name, array));
    order.addTo(values, group);
    return new Recorded(values);
  }

  private static void addWeights(Map<String, Double> values, String name, NDArray array) {
    try (NDArray wide = array.toType(DataType.FLOAT64, true)) {
      double[] numbers = wide.toDoubleArray();
      for (int i = 0; i < numbers.length; i++) {
        values.put("weight " + name + " " + i, numbers[i]);
      }
    }
  }

  void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(
        file, values.entrySet().stream().map(e -> e.getKey() + "\t" + e.getValue()).toList());
  }

  static Recorded read(Path file) throws IOException {
    Map<String, Double> values = new LinkedHashMap<>();
    for (String line : Files.readAllLines(file)) {
      int tab = line.indexOf('\t');
      values.put(line.substring(0, tab), Double.valueOf(line.substring(tab + 1)));
    }
    return new Recorded(values);
  }
}
