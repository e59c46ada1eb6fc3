// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.Segment;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.TiedTensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which tensors of a model are gathered together: those that the same segments read, of one type, and all of them
 * trained or none.
 *
 * <p>What a forward pass may change, such as a running mean, every rank keeps whole.
 *
 * @param units the tensors of each, in the order of the model
 * @param ties further names of tensors, each with the one that is in a unit
 */
record UnitPlan(List<List<FlatParameter>> units, Map<String, String> ties) {

  /** What the tensors of a unit have in common. */
  private record Kind(Set<Integer> readers, DataType type, boolean trained) {}

  /**
   * Plans by segments.
   *
   * @param segments in the order they run; none for a model that runs in one piece
   */
  static UnitPlan of(TrainableModel model, List<Segment> segments) {
    Map<String, NDArray> state = model.state();
    Map<String, String> ties = TiedTensors.find(state);
    Map<String, Set<Integer>> readers = new HashMap<>();
    for (int i = 0; i < segments.size(); i++) {
      for (String name : segments.get(i).parameterNames()) {
        if (!state.containsKey(name)) {
          throw new IllegalStateException(
              "segment "
                  + segments.get(i).name()
                  + " reads "
                  + name
                  + ", but the model has no tensor of that name: parameterNames() must be names of state()");
        }
        readers.computeIfAbsent(ties.getOrDefault(name, name), n -> new LinkedHashSet<>()).add(i);
      }
    }
    Map<String, NamedParameter> parameters = new HashMap<>();
    model.parameters().forEach(parameter -> parameters.put(parameter.name(), parameter));
    Map<Kind, List<FlatParameter>> units = new LinkedHashMap<>();
    state.forEach(
        (name, array) -> {
          NamedParameter parameter = parameters.get(name);
          boolean shared = !ties.containsKey(name) && array.size() > 0;
          boolean still = parameter != null || !model.isChangedByForward(name);
          Set<Integer> read = readers.getOrDefault(name, Set.of());
          if (shared && still && (segments.isEmpty() || !read.isEmpty() || parameter != null)) {
            units
                .computeIfAbsent(
                    new Kind(read, array.getDataType(), array.hasGradient()),
                    kind -> new ArrayList<>())
                .add(
                    new FlatParameter(
                        name,
                        array.getShape(),
                        array.getDataType(),
                        parameter != null && parameter.decays()));
          }
        });
    return new UnitPlan(List.copyOf(units.values()), ties);
  }
}
