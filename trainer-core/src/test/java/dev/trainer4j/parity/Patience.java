// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.parity;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.StatefulCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.CallbackState;
import dev.trainer4j.state.TrainerState;
import java.util.Map;

/** Early stopping as Hugging Face's callback does it, for the run that stops early. */
final class Patience implements StatefulCallback {

  private final int patience;
  private int waited;

  Patience(int patience) {
    this.patience = patience;
  }

  @Override
  public void onEvaluate(
      CallbackContext ctx,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {
    Double best = state.bestMetric();
    waited = best == null || metrics.get("eval_loss") < best ? 0 : waited + 1;
    if (waited >= patience) {
      control.requestTrainingStop();
    }
  }

  @Override
  public String stateKey() {
    return "EarlyStoppingCallback";
  }

  @Override
  public CallbackState state() {
    return new CallbackState(
        Map.of("early_stopping_patience", patience, "early_stopping_threshold", 0.0),
        Map.of("early_stopping_patience_counter", waited));
  }

  @Override
  public void restore(CallbackState state) {
    waited = ((Number) state.attributes().get("early_stopping_patience_counter")).intValue();
  }
}
