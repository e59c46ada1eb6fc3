// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.UpdateRanks;
import dev.trainer4j.torch.Gradients;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gradients that add up in the whole parameters of each rank until the update (ZeRO-1): the ranks exchange them
 * once an update, however many micro batches it has.
 */
final class SummedShares extends BucketShares {

  private final Gradients gradients;

  SummedShares(
      List<NamedParameter> parameters, ShardLayout layout, ShardRanks ranks, SliceMemory memory) {
    super(parameters, layout, ranks, memory);
    gradients = new Gradients(parameters.stream().map(NamedParameter::array).toList());
  }

  @Override
  public double synchronize(UpdateRanks ranks, double scale) {
    boolean[] here = gradients.present();
    UpdateRanks.Meeting all = ranks.meet(here, scale);
    note(all.present());
    double common = all.scale();
    // A rank without samples has no scale, and gradients of zero.
    if (scale > 0 && common != scale && any(here)) {
      gradients.multiply(common / scale);
    }
    int first = 0;
    for (int i = 0; i < layout().units().size(); i++) {
      List<@Nullable NDArray> arrays = new ArrayList<>();
      int end = first + layout().units().get(i).parameters().size();
      for (int index = first; index < end; index++) {
        arrays.add(gradients.array(index));
      }
      reduce(i, arrays, Arrays.copyOfRange(here, first, end), true);
      first = end;
    }
    return common;
  }

  private static boolean any(boolean[] flags) {
    for (boolean flag : flags) {
      if (flag) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void zero() {
    gradients.zero();
  }

  @Override
  public void close() {
    gradients.close();
    super.close();
  }
}
