// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.LoopTimes;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleGauge;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Traces a run and gives what is logged as metrics, through OpenTelemetry's API.
 *
 * <p>Spans: {@code train}, in it {@code epoch}, in it {@code evaluate}; checkpoints are events {@code
 * save} of the epoch. Metrics: a gauge {@code trainer4j.<name>} for each logged value and counters
 * {@code trainer4j.updates} and {@code trainer4j.samples}. The run's span is a child of the span that
 * is current when training begins; it has an error if training fails.
 *
 * <p>Needs {@code io.opentelemetry:opentelemetry-api}, which is optional, and sends nothing unless the
 * host has an SDK. {@code reportTo} knows it as {@code opentelemetry}, with the global instance.
 */
public final class OpenTelemetryCallback implements TrainerCallback {

  private static final String SCOPE = "dev.trainer4j";
  private static final AttributeKey<Long> STEP = AttributeKey.longKey("trainer4j.step");
  private static final AttributeKey<Double> EPOCH = AttributeKey.doubleKey("trainer4j.epoch");
  private static final String RUNTIME = "_runtime";

  private final Tracer tracer;
  private final Meter meter;
  private final LongCounter updates;
  private final LongCounter samples;
  private final Map<String, DoubleGauge> gauges = new ConcurrentHashMap<>();
  private @Nullable Span run;
  private @Nullable Span epoch;
  private LoopTimes before = LoopTimes.ZERO;

  /** Uses the tracer and the meter of {@code telemetry}. */
  public OpenTelemetryCallback(OpenTelemetry telemetry) {
    tracer = telemetry.getTracer(SCOPE);
    meter = telemetry.getMeter(SCOPE);
    updates = meter.counterBuilder("trainer4j.updates").build();
    samples = meter.counterBuilder("trainer4j.samples").build();
    // Now, and not when the first line is logged: an older API has no gauges.
    gauges.put("loss", meter.gaugeBuilder("trainer4j.loss").build());
  }

  /** Uses {@code GlobalOpenTelemetry}. */
  public static OpenTelemetryCallback global() {
    return new OpenTelemetryCallback(GlobalOpenTelemetry.get());
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    before = LoopTimes.ZERO;
    run =
        tracer
            .spanBuilder("train")
            .setAttribute(STEP, state.globalStep())
            .setAttribute("trainer4j.max_steps", state.maxSteps())
            .startSpan();
  }

  @Override
  public void onEpochBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    endEpoch();
    epoch = child("epoch").setAttribute(EPOCH, state.epoch()).startSpan();
  }

  private io.opentelemetry.api.trace.SpanBuilder child(String name) {
    Span parent = epoch == null ? run : epoch;
    Context context = Context.current();
    return tracer.spanBuilder(name).setParent(parent == null ? context : context.with(parent));
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    LoopTimes now = ctx.times().orElse(LoopTimes.ZERO);
    updates.add(1);
    samples.add(now.samples() - before.samples());
    before = now;
  }

  @Override
  public void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
    logs.values()
        .forEach(
            (name, value) ->
                gauges
                    .computeIfAbsent(name, key -> meter.gaugeBuilder("trainer4j." + key).build())
                    .set(value));
  }

  @Override
  public void onEvaluate(
      CallbackContext ctx,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {
    Instant end = Instant.now();
    // There is no event before an evaluation, but it says how long it took.
    double seconds =
        metrics.entrySet().stream()
            .filter(metric -> metric.getKey().endsWith(RUNTIME))
            .mapToDouble(Map.Entry::getValue)
            .findFirst()
            .orElse(0);
    Span span =
        child("evaluate")
            .setStartTimestamp(end.minus(Duration.ofNanos((long) (seconds * 1e9))))
            .setAttribute(STEP, state.globalStep())
            .startSpan();
    metrics.forEach(span::setAttribute);
    span.end(end);
  }

  @Override
  public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
    Span parent = epoch == null ? run : epoch;
    if (parent != null) {
      parent.addEvent("save", Attributes.of(STEP, state.globalStep()));
    }
  }

  @Override
  public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    endEpoch();
    if (run != null) {
      run.setAttribute("trainer4j.last_step", state.globalStep());
      run.end();
      run = null;
    }
  }

  @Override
  public void onTrainError(CallbackContext ctx, TrainerState state, Throwable error) {
    endEpoch();
    if (run != null) {
      run.recordException(error);
      run.setStatus(StatusCode.ERROR);
      run.end();
      run = null;
    }
  }

  // The reaction to an epoch's end belongs to it, so it ends with what comes next.
  private void endEpoch() {
    if (epoch != null) {
      epoch.end();
      epoch = null;
    }
  }
}
