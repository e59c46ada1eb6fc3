// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.FreshGradients;
import dev.trainer4j.torch.Gradients;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Changes parameters along their gradients.
 *
 * <p>Implement {@link #groups}, {@link #step}, {@link #state} and {@link #close} for one of your
 * own; the ready-made ones also override {@link #update} to do all of it in one native call.
 */
public interface Optimizer extends AutoCloseable {

  /** Returns the parameters with their rates and decays. */
  List<ParameterGroup> groups();

  /**
   * Takes one step from the gradients as they are. Nothing is recorded for gradients in it, and
   * arrays made in it are closed after it: make the state in the constructor, or hand it to {@link
   * dev.trainer4j.torch.ArrayScope#keep}.
   *
   * @param rateFactor multiplies every group's learning rate
   */
  void step(double rateFactor);

  /**
   * Returns the state to save, by name: {@code <parameter>.<slot>}, such as {@code
   * fc1.weight.exp_avg}. A restored run copies saved values into these arrays.
   */
  Map<String, NDArray> state();

  /**
   * Divides, clips, steps and zeroes.
   *
   * <p>Phases are told to {@code observer}, which sees gradients after clipping and parameters
   * after the step.
   */
  default UpdateResult update(UpdateRequest request, UpdateObserver observer) {
    try (Gradients gradients =
        new Gradients(
            groups().stream()
                .flatMap(group -> group.parameters().stream())
                .map(NamedParameter::array)
                .toList())) {
      return new PhasedUpdate(new WholeGradients(gradients)).run(request, observer, this::step);
    }
  }

  /**
   * Returns where backward may put the gradients of an update of one micro batch, for an optimizer
   * whose {@link #update} reads them there; null, the default, if it wants them in the parameters.
   */
  default @Nullable FreshGradients freshGradients() {
    return null;
  }

  /**
   * Returns the step for ranks that share parameters out in slices, each with the state of its own: the
   * optimizer was made of groups of slices then, and {@link #step} is not called.
   *
   * @throws IllegalArgumentException by default, or if a slice does not suffice; the message says why and what
   *     to choose instead
   */
  default ElementWiseStep elementWise() {
    throw new IllegalArgumentException(
        getClass().getName()
            + " does not say that it treats each number of a parameter by itself, so its state cannot be"
            + " shared out among ranks: implement Optimizer.elementWise(), choose a ready-made optim such as"
            + " adamw_torch, or do without sharding");
  }

  /**
   * Called after each micro batch, by all ranks, also those that had no samples in it: an optimizer whose gradients
   * are shared out may take what backward has left. By default nothing is done before the update.
   *
   * @param scale the loss scale of this rank, 1 for none; 0 if it had no samples yet
   */
  default void collect(UpdateRanks ranks, double scale) {}

  /**
   * Takes over the state of the optimizer before this one, of the parameters that both have, when some were
   * frozen or released. Both are open. By default arrays of the same name and shape are copied.
   */
  default void takeOver(Optimizer before) {
    Map<String, NDArray> known = before.state();
    List<NDArray> targets = new ArrayList<>();
    List<NDArray> sources = new ArrayList<>();
    state()
        .forEach(
            (name, array) -> {
              NDArray source = known.get(name);
              if (source != null && source.getShape().equals(array.getShape())) {
                targets.add(array);
                sources.add(source);
              }
            });
    TorchFunctions.copy(targets, sources);
  }

  /** Returns whether it has other weights for evaluations and saved models than those that it trains. */
  default boolean hasEvaluationWeights() {
    return false;
  }

  /**
   * Exchanges the weights in the parameters with those for evaluations, bit by bit, where it has such: {@link
   * #state} then has what is trained in their place. The loop calls it in pairs, around evaluations and
   * saving, and once for good when training ends; so a checkpoint's model has the weights for evaluations.
   */
  default void exchangeWeights() {}

  /** Releases the state. */
  @Override
  void close();
}
