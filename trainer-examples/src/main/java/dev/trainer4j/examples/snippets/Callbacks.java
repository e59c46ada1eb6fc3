// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.StatefulCallback;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.state.CallbackState;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.torch.ArrayScope;
import java.util.Map;
import java.util.TreeMap;

/** Callbacks of one's own. */
public final class Callbacks {

  private Callbacks() {}

  // docs: stop after
  /** Ends training after ten updates. */
  public static final class StopAfter implements TrainerCallback {
    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() >= 10) {
        control.requestTrainingStop();
      }
    }
  }

  // end docs

  // docs: stateful
  /** Ends training when the logged loss has risen several times in a row. */
  public static final class DivergenceGuard implements StatefulCallback {
    private final int patience;
    private int rises;
    private double last = Double.MAX_VALUE;

    public DivergenceGuard(int patience) {
      this.patience = patience;
    }

    @Override
    public void onLog(
        CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
      if (logs.value("loss").isEmpty()) {
        return; // a line of an evaluation, or the summary
      }
      double loss = logs.value("loss").getAsDouble();
      rises = loss > last ? rises + 1 : 0;
      last = loss;
      if (rises >= patience) {
        control.requestTrainingStop();
      }
    }

    @Override
    public CallbackState state() {
      return new CallbackState(Map.of("patience", patience), Map.of("rises", rises, "last", last));
    }

    @Override
    public void restore(CallbackState state) {
      rises = ((Number) state.attributes().getOrDefault("rises", 0)).intValue();
      last = ((Number) state.attributes().getOrDefault("last", Double.MAX_VALUE)).doubleValue();
    }
  }

  // end docs

  // docs: probe
  /** Looks at a second data set after each epoch. */
  public static final class Probe implements TrainerCallback {
    private final Dataset<?> data;

    public Probe(Dataset<?> data) {
      this.data = data;
    }

    @Override
    public void onEpochEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      Map<String, Double> metrics = ctx.evaluate(data, "probe");
      if (metrics.getOrDefault("probe_loss", 0.0) > 10) {
        control.requestTrainingStop();
      }
    }
  }

  // end docs

  // docs: gradients
  /** Reads the gradient norm of each parameter, after clipping. */
  public static final class GradientNorms implements TrainerCallback {
    private final Map<String, Float> norms = new TreeMap<>();

    @Override
    public void onPreOptimizerStep(
        CallbackContext ctx, TrainerState state, TrainerControl control) {
      try (ArrayScope scope = ArrayScope.open()) { // owns the arrays made here
        for (NamedParameter parameter : ctx.model().parameters()) {
          NDArray gradient = parameter.array().getGradient();
          norms.put(parameter.name(), gradient.norm().getFloat());
        }
      }
    }

    public Map<String, Float> norms() {
      return norms;
    }
  }
  // end docs
}
