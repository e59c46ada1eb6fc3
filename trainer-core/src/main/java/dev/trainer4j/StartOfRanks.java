// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.run.TrainingPlan;
import dev.trainer4j.sharding.SameModel;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Begins a run on all ranks from the same: what differs is an error, and rank 0's weights count. */
final class StartOfRanks {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private static final TypeReference<Map<String, Object>> ARGUMENTS = new TypeReference<>() {};

  private StartOfRanks() {}

  /** Refuses arguments that were written for another number of ranks, machines or updates. A collective. */
  static void requireSizes(ProcessGroup processes, TrainingArguments args, TrainingPlan plan) {
    int machines = (int) new Agreement(processes).greatest(processes.nodeRank()) + 1;
    args.requireRun(processes.worldSize(), machines, plan.maxSteps());
  }

  /**
   * Compares and aligns.
   *
   * @param whole the tensors that every rank has whole
   */
  static void align(
      ProcessGroup processes,
      TrainingArguments args,
      DataLoader loader,
      TrainableModel model,
      Map<String, NDArray> whole) {
    if (processes.worldSize() == 1) {
      return;
    }
    if (loader.worldSize() != processes.worldSize()) {
      throw new IllegalArgumentException(
          "the loader of the training data is for "
              + loader.worldSize()
              + " ranks, but "
              + processes.worldSize()
              + " train together; give DataLoaderOptions world(rank, worldSize)");
    }
    Agreement agreement = new Agreement(processes);
    agreement.requireAllSame("the training arguments", values(args.toJson()));
    OptionalLong samples = loader.sampleCount();
    agreement.requireSame(
        "the number of training samples",
        samples.isPresent() ? samples.getAsLong() : "an unknown number");
    SameModel.align(processes, model, whole);
  }

  /** Each argument as JSON in one line. Maps that a program makes have their keys in another order in each JVM. */
  private static Map<String, String> values(String json) {
    try {
      Map<String, String> values = new TreeMap<>();
      for (Map.Entry<String, Object> argument : JSON.readValue(json, ARGUMENTS).entrySet()) {
        values.put(argument.getKey(), JSON.writeValueAsString(argument.getValue()));
      }
      return values;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the training arguments are written as no JSON", e);
    }
  }
}
