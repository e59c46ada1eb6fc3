// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.optim.UpdateRanks;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.GivenGradients;
import dev.trainer4j.torch.GradientList;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shares of a model that no rank holds whole (ZeRO-3): a step changes them in place, and whoever computes with
 * parameters gathers them.
 *
 * <p>Gradients come in while backward goes from segment to segment, without the scale of the loss, which ranks
 * need not agree on then.
 */
final class ParameterShares implements Shares {

  private final GatheredParameters parameters;
  private final ShardRanks ranks;
  private final ShardLayout layout;
  private final NDManager views;
  private final List<NDArray> values = new ArrayList<>();
  private final List<NDArray> gradients = new ArrayList<>();
  private final List<NDArray> sums = new ArrayList<>();
  private final int[] places;
  private final @Nullable GivenGradients shares;
  private boolean[] seen;

  /**
   * Looks at the shares of what is trained now.
   *
   * @param parameters stay their owner's
   */
  ParameterShares(GatheredParameters parameters, ShardRanks ranks) {
    this.parameters = parameters;
    this.ranks = ranks;
    parameters.follow();
    List<ParameterUnit> units = parameters.trained();
    layout =
        ShardLayout.of(
            units.stream().map(ParameterUnit::parameters).toList(),
            ranks.sharing().rank(),
            ranks.sharing().worldSize());
    views = parameters.home().newSubManager();
    List<UnitGradients> ofUnits = parameters.gradients();
    for (int i = 0; i < units.size(); i++) {
      NDArray sum = ofUnits.get(i).share();
      sums.add(sum);
      for (ShardSlice slice : layout.slices(i)) {
        values.add(view(units.get(i).share(), slice));
        gradients.add(view(sum, slice));
      }
    }
    shares = sums.isEmpty() ? null : new GivenGradients(sums);
    List<FlatParameter> order = layout.parameters();
    places = layout.slices().stream().mapToInt(slice -> order.indexOf(slice.parameter())).toArray();
    seen = new boolean[order.size()];
  }

  private NDArray view(NDArray share, ShardSlice slice) {
    return ArrayScope.keep(FlatTensors.view(share, slice.offset(), slice.length()), views);
  }

  @Override
  public ShardLayout layout() {
    return layout;
  }

  @Override
  public NDManager manager() {
    return parameters.manager();
  }

  @Override
  public List<NDArray> values() {
    return values;
  }

  @Override
  public List<NDArray> gradients() {
    return gradients;
  }

  @Override
  public boolean[] present() {
    boolean[] present = new boolean[places.length];
    for (int i = 0; i < places.length; i++) {
      present[i] = seen[places[i]];
    }
    return present;
  }

  /** Others may still need this rank's part in what they gather. */
  @Override
  public void collect(UpdateRanks updating, double scale) {
    parameters.rest();
  }

  /** The sums are made already, of the ranks that share; here they become those of all. */
  @Override
  public double synchronize(UpdateRanks updating, double scale) {
    parameters.settle(); // What is gathered is about to be out of date.
    seen = updating.meet(had(), scale).present();
    if (ranks.alike().worldSize() > 1) {
      sums.forEach(ranks.alike()::allReduce);
    }
    return 1;
  }

  /** Which parameters have had a gradient on this rank. */
  private boolean[] had() {
    boolean[] had = new boolean[seen.length];
    int next = 0;
    for (UnitGradients unit : parameters.gradients()) {
      for (boolean present : unit.present()) {
        had[next++] = present;
      }
    }
    return had;
  }

  @Override
  public GradientList.Measure measure(List<NDArray> losses, double inverseWeight) {
    GradientList.Measure own = given().measure(losses, inverseWeight);
    // A copy of everything has each gradient once.
    double squares = ranks.sharing().sum(own.norm() * own.norm())[0];
    return new GradientList.Measure(Math.sqrt(squares), own.lossSum());
  }

  @Override
  public void clip(double norm, double inverseWeight, double maxNorm) {
    given().clip(norm, inverseWeight, maxNorm);
  }

  @Override
  public void zero() {
    given().zero();
  }

  private GivenGradients given() {
    if (shares == null) {
      throw new IllegalStateException("no parameter is trained");
    }
    return shares;
  }

  /** Those who need parameters gather them; what is gathered now is out of date. */
  @Override
  public void publish() {
    parameters.settle();
  }

  @Override
  public void close() {
    if (shares != null) {
      shares.close();
    }
    views.close();
  }
}
