// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.process.ProcessGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives all ranks the batches of a round, in the order of the data: so each of them computes the metrics of
 * the whole, and they are those of one process.
 */
final class RoundOfRanks {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** A step without its arrays. */
  private record Header(
      int samples,
      boolean hasLoss,
      double lossSum,
      double lossWeight,
      Map<String, Double> parts,
      List<String> predictions,
      List<String> labels,
      List<String> inputs) {}

  private final ProcessGroup group;

  RoundOfRanks(ProcessGroup group) {
    this.group = group;
  }

  /**
   * Returns the steps of all ranks that had samples.
   *
   * @param manager owns the arrays of the other ranks
   */
  List<BatchStep> gather(BatchStep own, NDManager manager) {
    if (group.worldSize() == 1) {
      return List.of(own);
    }
    List<Header> headers = group.allGather(text(own)).stream().map(RoundOfRanks::header).toList();
    List<Map<String, NDArray>> predictions = new ArrayList<>();
    List<Map<String, NDArray>> labels = new ArrayList<>();
    List<Map<String, NDArray>> inputs = new ArrayList<>();
    for (int rank = 0; rank < headers.size(); rank++) {
      predictions.add(new LinkedHashMap<>());
      labels.add(new LinkedHashMap<>());
      inputs.add(new LinkedHashMap<>());
    }
    // Rank 0 always has samples if any has.
    gather(headers.get(0).predictions(), own.predictions(), predictions, manager);
    gather(headers.get(0).labels(), own.labels(), labels, manager);
    gather(headers.get(0).inputs(), own.inputs(), inputs, manager);
    List<BatchStep> steps = new ArrayList<>();
    for (int rank = 0; rank < headers.size(); rank++) {
      Header header = headers.get(rank);
      if (header.samples() > 0) {
        steps.add(
            new BatchStep(
                header.samples(),
                header.hasLoss(),
                header.lossSum(),
                header.lossWeight(),
                header.parts(),
                predictions.get(rank),
                labels.get(rank),
                inputs.get(rank)));
      }
    }
    return steps;
  }

  private void gather(
      List<String> names,
      Map<String, NDArray> own,
      List<Map<String, NDArray>> ofRanks,
      NDManager manager) {
    for (String name : names) {
      NDArray mine = own.get(name);
      NDArray given = mine == null ? manager.create(new Shape(0), DataType.FLOAT32) : mine;
      List<NDArray> all = group.allGatherRagged(given, manager);
      for (int rank = 0; rank < all.size(); rank++) {
        ofRanks.get(rank).put(name, all.get(rank));
      }
    }
  }

  private static String text(BatchStep step) {
    try {
      return MAPPER.writeValueAsString(
          new Header(
              step.samples(),
              step.hasLoss(),
              step.lossSum(),
              step.lossWeight(),
              step.parts(),
              List.copyOf(step.predictions().keySet()),
              List.copyOf(step.labels().keySet()),
              List.copyOf(step.inputs().keySet())));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a step cannot be written as JSON", e);
    }
  }

  private static Header header(String text) {
    try {
      return MAPPER.readValue(text, Header.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("another rank sent what is no step: " + text, e);
    }
  }
}
