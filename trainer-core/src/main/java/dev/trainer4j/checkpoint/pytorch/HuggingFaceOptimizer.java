// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.Quoted;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.TorchFunctions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Moves the state of a PyTorch optimizer into ours: {@code optimizer.pt}.
 *
 * <p>PyTorch numbers parameters instead of naming them: group by group, and within a group in the
 * order of the model. Ours are in the same order, so that the n-th of one is the n-th of the other.
 * Everything is compared, and every byte checked, before the first array is changed.
 */
final class HuggingFaceOptimizer {
  private static final String STEP = "step";

  /** Kept by PyTorch's or transformers' optimizers, and not needed by ours of the same kind. */
  private static final Set<String> DISPENSABLE = Set.of(STEP, "RMS");

  private final TorchFile file;
  private final Map<String, Map<String, NDArray>> targets = new LinkedHashMap<>();
  private final long globalStep;
  private final List<Move> moves = new ArrayList<>();

  /** An array of ours and what goes into it: a tensor, or else a number. */
  private record Move(NDArray target, @Nullable TorchTensor tensor, double number) {}

  private HuggingFaceOptimizer(TorchFile file, Map<String, NDArray> state, long globalStep) {
    this.file = file;
    this.globalStep = globalStep;
    state.forEach(
        (name, array) -> {
          int dot = name.lastIndexOf('.'); // A slot has none in its name.
          targets
              .computeIfAbsent(name.substring(0, Math.max(dot, 0)), n -> new LinkedHashMap<>())
              .put(name.substring(dot + 1), array);
        });
  }

  /**
   * Copies the state.
   *
   * @param groups of our optimizer, in its order
   * @param state of our optimizer, {@code <parameter>.<slot>}
   * @param globalStep counts where PyTorch's optimizer does not
   * @throws TorchFileException if it is the state of another optimizer or model; nothing was copied
   */
  static void load(
      TorchFile file,
      List<ParameterGroup> groups,
      Map<String, NDArray> state,
      NDManager manager,
      long globalStep)
      throws IOException {
    HuggingFaceOptimizer optimizer = new HuggingFaceOptimizer(file, state, globalStep);
    optimizer.match(groups);
    optimizer.copy(manager);
  }

  private void match(List<ParameterGroup> groups) throws IOException {
    if (!(file.value() instanceof Map<?, ?> root)
        || !(root.get("state") instanceof Map<?, ?> states)
        || !(root.get("param_groups") instanceof List<?> savedGroups)) {
      throw new TorchFileException("is not the state of an optimizer");
    }
    List<Long> numbers = parameterNumbers(savedGroups, groups);
    List<NamedParameter> parameters =
        groups.stream().flatMap(group -> group.parameters().stream()).toList();
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i).name();
      // A parameter that no loss has depended on has no state, as here.
      if (states.get(numbers.get(i)) instanceof Map<?, ?> slots) {
        matchParameter(name, slots, targets.getOrDefault(name, Map.of()));
      }
    }
    if (!targets.isEmpty() && moves.isEmpty()) {
      throw new TorchFileException("holds no state of any parameter");
    }
  }

  /** The numbers of the parameters in our order. */
  private static List<Long> parameterNumbers(List<?> savedGroups, List<ParameterGroup> groups)
      throws TorchFileException {
    List<Long> numbers = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    for (Object group : savedGroups) {
      if (!(group instanceof Map<?, ?> map) || !(map.get("params") instanceof List<?> members)) {
        throw new TorchFileException("has a parameter group without parameters");
      }
      for (Object member : members) {
        if (!(member instanceof Long number)) {
          throw new TorchFileException("has a parameter group without parameters");
        }
        numbers.add(number);
      }
      if (!members.isEmpty()) {
        sizes.add(members.size());
      }
    }
    List<Integer> ours = groups.stream().map(group -> group.parameters().size()).toList();
    if (!sizes.equals(ours)) {
      throw new TorchFileException(
          "has groups of " + sizes + " parameters, this optimizer has groups of " + ours);
    }
    return numbers;
  }

  private void matchParameter(String name, Map<?, ?> saved, Map<String, NDArray> slots)
      throws IOException {
    for (Map.Entry<?, ?> entry : saved.entrySet()) {
      String slot = String.valueOf(entry.getKey());
      if (entry.getValue() != null && !slots.containsKey(slot) && !DISPENSABLE.contains(slot)) {
        throw new TorchFileException(
            "is of another optimizer: it keeps " + Quoted.of(slot) + " for " + name);
      }
    }
    for (Map.Entry<String, NDArray> slot : slots.entrySet()) {
      matchSlot(name, slot.getKey(), slot.getValue(), saved.get(slot.getKey()));
    }
  }

  private void matchSlot(String name, String slot, NDArray target, @Nullable Object value)
      throws IOException {
    if (value instanceof TorchTensor tensor) {
      long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
      if (!Arrays.equals(shape, target.getShape().getShape())) {
        throw new TorchFileException(
            "has %s of %s with shape %s, here it is %s"
                .formatted(slot, name, tensor.shape(), target.getShape()));
      }
      file.verify(tensor);
      moves.add(new Move(target, tensor, 0));
    } else if (slot.equals(STEP) && value instanceof Long number) {
      moves.add(new Move(target, null, number)); // Older versions of PyTorch count in Python.
    } else if (slot.equals(STEP) && value == null) {
      moves.add(new Move(target, null, globalStep));
    } else {
      throw new TorchFileException("is of another optimizer: it keeps no " + slot + " for " + name);
    }
  }

  private void copy(NDManager manager) throws IOException {
    for (Move move : moves) {
      try (ArrayScope scope = ArrayScope.open();
          NDManager host = manager.newSubManager(Device.cpu())) {
        TorchTensor tensor = move.tensor();
        NDArray value =
            tensor == null ? host.create((float) move.number()) : file.read(tensor, host);
        TorchFunctions.copy(List.of(move.target()), List.of(value));
      }
    }
  }
}
