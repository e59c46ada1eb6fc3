// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.UpdateRanks;
import dev.trainer4j.torch.FreshGradients;
import dev.trainer4j.torch.GivenGradients;
import dev.trainer4j.torch.NativeHeap;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Gradients that are whole only from the backward pass of a micro batch to its end (ZeRO-2): then ranks exchange
 * them, each keeps its share of the sum, and bucket by bucket the whole ones are freed.
 */
final class FreshShares extends BucketShares {

  private final FreshGradients fresh;

  /** Which parameters have had a gradient, on any rank. */
  private final boolean[] seen;

  /** The loss scale of the sums, alike on all ranks; 0 before the first micro batch of an update. */
  private double summedScale;

  FreshShares(
      List<NamedParameter> parameters, ShardLayout layout, ShardRanks ranks, SliceMemory memory) {
    super(parameters, layout, ranks, memory);
    fresh = new FreshGradients(parameters.stream().map(NamedParameter::array).toList());
    seen = new boolean[parameters.size()];
  }

  @Override
  public FreshGradients freshGradients() {
    return fresh;
  }

  @Override
  public void collect(UpdateRanks ranks, double scale) {
    @Nullable NDArray[] arrays = fresh.isEmpty() ? new NDArray[seen.length] : fresh.take(manager());
    boolean[] here = new boolean[arrays.length];
    for (int i = 0; i < here.length; i++) {
      here[i] = arrays[i] != null;
    }
    UpdateRanks.Meeting all = ranks.meet(here, Math.max(scale, summedScale));
    notePresent(all.present());
    boolean isFirst = summedScale == 0;
    toOneScale(all.scale(), arrays, scale);
    int first = 0;
    for (int i = 0; i < layout().units().size(); i++) {
      int end = first + layout().units().get(i).parameters().size();
      List<@Nullable NDArray> bucket = Arrays.asList(arrays).subList(first, end);
      reduce(i, bucket, Arrays.copyOfRange(here, first, end), isFirst);
      bucket.stream().filter(Objects::nonNull).forEach(NDArray::close);
      first = end;
    }
    // Memory is what this stage is chosen for: what the next backward pass needs is not there until
    // then.
    NativeHeap.giveBack(manager().getDevice());
  }

  private void notePresent(boolean[] any) {
    for (int i = 0; i < seen.length; i++) {
      seen[i] |= any[i];
    }
    note(seen);
  }

  /** A rank may have another scale than the others, or none as long as it had no samples. */
  private void toOneScale(double common, @Nullable NDArray[] arrays, double scale) {
    List<NDArray> own = Arrays.stream(arrays).filter(Objects::nonNull).toList();
    if (scale > 0 && scale != common && !own.isEmpty()) {
      try (GivenGradients gradients = new GivenGradients(own)) {
        gradients.multiply(common / scale);
      }
    }
    if (summedScale > 0 && summedScale != common) {
      shares().multiply(common / summedScale);
    }
    summedScale = common;
  }

  @Override
  public void takeOver(Shares before) {
    if (before instanceof FreshShares known) {
      known.partialSums().moveTo(partialSums());
      summedScale = known.summedScale;
    }
  }

  /** All micro batches have been collected. */
  @Override
  public double synchronize(UpdateRanks ranks, double scale) {
    return summedScale;
  }

  @Override
  public void zero() {
    summedScale = 0;
  }

  @Override
  public void close() {
    fresh.close();
    super.close();
  }
}
