// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.ElementWiseStep;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.optim.PhasedUpdate;
import dev.trainer4j.optim.UpdateObserver;
import dev.trainer4j.optim.UpdateRanks;
import dev.trainer4j.optim.UpdateRequest;
import dev.trainer4j.optim.UpdateResult;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.torch.FreshGradients;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An optimizer of which each rank has a share: it keeps state for its slices of parameters, steps them, and
 * gets the others' from their ranks.
 *
 * <p>The step is that of another optimizer, made of the slices of this rank: groups, rates and decays are those of
 * the whole parameters, and so are names. What {@link #state} has are pieces; {@link #pieces} says of what.
 */
public final class ShardedOptimizer implements Optimizer {

  private final List<ParameterGroup> groups;
  private final ShardRanks ranks;
  private final Shares shares;
  private final PhasedUpdate phases;

  /** Null on a rank that owns nothing, as of a model that is smaller than the world. */
  private final @Nullable Optimizer own;

  /** For each parameter of {@link #own}, in its order, the place among the layout's slices. */
  private final int[] places;

  private final List<NDArray> gradients = new ArrayList<>();
  private final boolean[] present;

  /** Of all ranks alike: one that owns nothing takes part where the others exchange. */
  private final boolean evaluatesOthers;

  /**
   * Shares an optimizer out.
   *
   * @param groups of whole parameters; all of the layout's, by name, and no others
   * @param shares become this object's; closed, too, if this fails
   * @param maker from groups of slices to an optimizer of them
   * @throws IllegalArgumentException on all ranks, if the optimizer needs whole parameters
   */
  public ShardedOptimizer(
      List<ParameterGroup> groups,
      ShardRanks ranks,
      Shares shares,
      Function<List<ParameterGroup>, Optimizer> maker) {
    this.groups = List.copyOf(groups);
    this.ranks = ranks;
    this.shares = shares;
    phases = new PhasedUpdate(shares);
    Map<String, Integer> placeOf = new HashMap<>();
    List<ShardSlice> slices = shares.layout().slices();
    for (int i = 0; i < slices.size(); i++) {
      placeOf.put(slices.get(i).parameter().name(), i);
    }
    List<ParameterGroup> owned = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    for (ParameterGroup group : groups) {
      List<NamedParameter> members = new ArrayList<>();
      for (NamedParameter parameter : group.parameters()) {
        Integer place = placeOf.get(parameter.name());
        if (place != null) {
          NDArray value = shares.values().get(place);
          members.add(new NamedParameter(parameter.name(), value, parameter.decays()));
          order.add(place);
          gradients.add(shares.gradients().get(place));
        }
      }
      if (!members.isEmpty()) {
        owned.add(new ParameterGroup(members, group.learningRate(), group.weightDecay()));
      }
    }
    places = order.stream().mapToInt(Integer::intValue).toArray();
    present = new boolean[places.length];
    own = make(owned, maker);
    evaluatesOthers = new Agreement(ranks.all()).any(own != null && own.hasEvaluationWeights());
  }

  /** A rank that owns nothing makes none, and still fails where the others do. */
  private @Nullable Optimizer make(
      List<ParameterGroup> owned, Function<List<ParameterGroup>, Optimizer> maker) {
    Optimizer made = null;
    RuntimeException failure = null;
    try {
      made = owned.isEmpty() ? null : maker.apply(owned);
      if (made != null) {
        ElementWiseStep unused = made.elementWise();
      }
    } catch (RuntimeException e) {
      failure = e;
    }
    String problem =
        new Agreement(ranks.all())
            .firstProblem(failure == null ? null : String.valueOf(failure.getMessage()));
    if (problem == null) {
      return made;
    }
    if (made != null) {
      made.close();
    }
    shares.close();
    throw failure == null ? new IllegalArgumentException(problem) : failure;
  }

  /** Returns the groups of whole parameters. */
  @Override
  public List<ParameterGroup> groups() {
    return groups;
  }

  /** Returns who owns what. */
  public ShardLayout layout() {
    return shares.layout();
  }

  @Override
  public UpdateResult update(UpdateRequest request, UpdateObserver observer) {
    return phases.run(request, observer, this::step);
  }

  @Override
  public void step(double rateFactor) {
    shares.load();
    if (own != null) {
      boolean[] all = shares.present();
      for (int i = 0; i < places.length; i++) {
        present[i] = all[places[i]];
      }
      own.elementWise().step(gradients, present, rateFactor);
    }
    shares.publish();
  }

  @Override
  public void collect(UpdateRanks updating, double scale) {
    shares.collect(updating, scale);
  }

  @Override
  public @Nullable FreshGradients freshGradients() {
    return shares.freshGradients();
  }

  /** Returns the state of this rank's slices, as vectors, and what counts for a whole parameter. */
  @Override
  public Map<String, NDArray> state() {
    return own == null ? Map.of() : own.state();
  }

  /** Returns the state of all ranks as checkpoints have it. A collective. */
  public ShardedState pieces() {
    return ShardedState.of(shares.layout(), state(), ranks.sharing(), shares.manager());
  }

  @Override
  public void takeOver(Optimizer before) {
    if (before instanceof ShardedOptimizer sharded) {
      sharded.pieces().moveTo(pieces());
      shares.takeOver(sharded.shares);
    } else {
      throw new IllegalArgumentException(
          "state of " + before.getClass().getName() + " is not shared out as this optimizer's is");
    }
  }

  @Override
  public boolean hasEvaluationWeights() {
    return evaluatesOthers;
  }

  @Override
  public void exchangeWeights() {
    if (hasEvaluationWeights()) {
      shares.load();
      if (own != null) {
        own.exchangeWeights();
      }
      shares.publish();
    }
  }

  @Override
  public void close() {
    if (own != null) {
      own.close();
    }
    shares.close();
  }
}
