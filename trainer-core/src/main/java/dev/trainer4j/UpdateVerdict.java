// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.optim.UpdateResult;
import dev.trainer4j.report.RunLog;
import dev.trainer4j.run.LossScaler;
import dev.trainer4j.torch.TorchFunctions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is said, or thrown, of an update that had nothing to learn from or whose numbers are none. */
final class UpdateVerdict {

  private final NanPolicy policy;
  private final RunLog log;

  UpdateVerdict(NanPolicy policy, RunLog log) {
    this.policy = policy;
    this.log = log;
  }

  /**
   * Looks at what an update found.
   *
   * @param update its number, from 1
   * @param losses of its micro batches on this rank
   * @throws IllegalStateException if its losses have no weight
   * @throws NonFiniteLossException if the policy is FAIL and something is not finite
   */
  void judge(long update, UpdateResult result, List<NDArray> losses, @Nullable LossScaler scaler) {
    if (result.weight() == 0) {
      throw new IllegalStateException(
          "update "
              + update
              + " has nothing to learn from: the weight of its losses is 0, as when every label is"
              + " -100; drop such samples from the data, or look at how labels are made");
    }
    if (scaler != null) {
      scaler.afterUpdate(result.stepTaken());
    }
    if (scaler != null && Double.isFinite(result.lossSum()) && !scaler.isExhausted()) {
      if (!result.stepTaken()) {
        // That gradients overflow now and then is how the scale finds its place.
        log.info(
            "update {}: gradients overflowed in float16, the step is skipped; the loss scale is"
                + " now {}",
            update,
            scaler.scale());
      }
    } else if (!result.isFinite()) {
      notFinite(update, result, losses);
    }
  }

  private void notFinite(long update, UpdateResult result, List<NDArray> losses) {
    StringBuilder what = new StringBuilder("update " + update + ": ");
    for (int i = 0; i < losses.size(); i++) {
      double loss = TorchFunctions.number(losses.get(i));
      if (!Double.isFinite(loss)) {
        what.append("the loss of micro batch ").append(i + 1).append(" is ").append(loss);
        break;
      }
    }
    if (Double.isFinite(result.lossSum())) {
      what.append("the loss is ").append(result.lossSum() / result.weight());
      what.append(" but the gradient norm is ").append(result.gradientNorm());
    } else if (losses.stream().allMatch(l -> Double.isFinite(TorchFunctions.number(l)))) {
      what.append("the loss of another rank is not finite");
    }
    switch (policy) {
      case FAIL ->
          throw new NonFiniteLossException(
              what
                  + "; the parameters are as they were before it. Lower learningRate, add"
                  + " warmupSteps, look at this update's data, or choose nanPolicy SKIP or"
                  + " CONTINUE");
      case SKIP -> log.warn("{}; the update is skipped (nanPolicy SKIP)", what);
      case CONTINUE -> log.warn("{} (nanPolicy CONTINUE)", what);
    }
  }
}
