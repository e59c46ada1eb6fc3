// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.model.TrainableSet;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.torch.Gradients;
import java.util.List;
import java.util.function.Function;

/**
 * The optimizer of the parameters that are trainable now.
 *
 * <p>When some are frozen or released, another optimizer is made of those that are left, and takes over
 * the state of those that it shares with the one before. So a frozen parameter takes no memory and does not
 * move, whatever its momentum was, and a released one is trained from its next update on.
 */
public final class FollowingOptimizer implements AutoCloseable {

  private final TrainableModel model;
  private final Function<List<NamedParameter>, Optimizer> maker;
  private TrainableSet made;
  private int borrowers;
  private Optimizer current;

  /**
   * Makes the first optimizer.
   *
   * @throws IllegalArgumentException if no parameter is trainable
   */
  public FollowingOptimizer(TrainableModel model, Function<List<NamedParameter>, Optimizer> maker) {
    this.model = model;
    this.maker = maker;
    made = new TrainableSet(model);
    current = make();
  }

  private Optimizer make() {
    return maker.apply(trainable(model));
  }

  /**
   * Returns what an optimizer of {@code model} is for.
   *
   * @throws IllegalArgumentException if no parameter is trainable
   */
  public static List<NamedParameter> trainable(TrainableModel model) {
    List<NamedParameter> parameters = model.parameters();
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException(
          "the model has no trainable parameters: " + model.whyFrozen());
    }
    return parameters;
  }

  /** Returns the optimizer. */
  public Optimizer get() {
    return current;
  }

  /** Returns whether parameters were frozen or released since the optimizer was made. */
  public boolean isOutdated() {
    return made.hasChanged();
  }

  /** Makes the optimizer that fits now; state that is being copied elsewhere must be so before. */
  public void follow() {
    dropGradientsOfFrozen();
    TrainableSet now = new TrainableSet(model);
    Optimizer next = make();
    try {
      next.takeOver(current);
    } catch (RuntimeException e) {
      next.close();
      throw e;
    }
    current.close();
    current = next;
    made = now;
  }

  /**
   * Puts the weights for evaluations into the model, if the optimizer has such and they are not there yet: a
   * callback may save the model in the middle of an evaluation.
   */
  public void lendWeights() {
    if (borrowers++ == 0) {
      current.exchangeWeights();
    }
  }

  /** Puts the trained weights back, exactly as they were, when the last borrower gives them back. */
  public void giveWeightsBack() {
    if (--borrowers == 0) {
      current.exchangeWeights();
    }
  }

  /** What they have added up must not be part of a later update. */
  private void dropGradientsOfFrozen() {
    List<NDArray> frozen =
        current.groups().stream()
            .flatMap(group -> group.parameters().stream())
            .map(NamedParameter::array)
            .filter(array -> !array.hasGradient())
            .toList();
    if (!frozen.isEmpty()) {
      try (Gradients gradients = new Gradients(frozen)) {
        gradients.zero();
      }
    }
  }

  @Override
  public void close() {
    current.close();
  }
}
