// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.LoopTimes;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Gives what is logged, and where the time goes, to a Micrometer registry.
 *
 * <table>
 * <caption>Meters</caption>
 * <tr><td>{@code trainer4j.<name>}</td><td>gauge of each logged value, such as {@code trainer4j.loss}
 * and {@code trainer4j.eval_loss}</td></tr>
 * <tr><td>{@code trainer4j.step}</td><td>gauge of the updates done</td></tr>
 * <tr><td>{@code trainer4j.samples}</td><td>counter of the samples trained on</td></tr>
 * <tr><td>{@code trainer4j.update}</td><td>timer of updates</td></tr>
 * <tr><td>{@code trainer4j.phase}</td><td>timer with the tag {@code phase}: {@code data_wait}, {@code
 * forward_backward} and {@code optimizer} of each update, and {@code logging}, {@code evaluation},
 * {@code saving} where they took place</td></tr>
 * </table>
 *
 * <p>Needs {@code io.micrometer:micrometer-core}, which is optional. {@code reportTo} knows this
 * callback as {@code micrometer}, with Micrometer's global registry.
 */
public final class MicrometerCallback implements TrainerCallback {

  private static final String PREFIX = "trainer4j.";

  private final MeterRegistry registry;
  private final Tags tags;
  private final Map<String, AtomicReference<Double>> values = new ConcurrentHashMap<>();
  private final Counter samples;
  private final Timer update;
  private final Timer dataWait;
  private final Timer forwardBackward;
  private final Timer optimizer;
  private final Timer logging;
  private final Timer evaluation;
  private final Timer saving;
  private LoopTimes before = LoopTimes.ZERO;
  private long updateStart;

  /** Registers the meters without tags. */
  public MicrometerCallback(MeterRegistry registry) {
    this(registry, Tags.empty());
  }

  /** Registers the meters with {@code tags}, which tell runs in one registry apart. */
  public MicrometerCallback(MeterRegistry registry, Iterable<Tag> tags) {
    this.registry = registry;
    this.tags = Tags.of(tags);
    samples = registry.counter(PREFIX + "samples", this.tags);
    update = registry.timer(PREFIX + "update", this.tags);
    dataWait = phase("data_wait");
    forwardBackward = phase("forward_backward");
    optimizer = phase("optimizer");
    logging = phase("logging");
    evaluation = phase("evaluation");
    saving = phase("saving");
  }

  /** Uses {@code Metrics.globalRegistry}. */
  public static MicrometerCallback global() {
    return new MicrometerCallback(Metrics.globalRegistry);
  }

  private Timer phase(String name) {
    return registry.timer(PREFIX + "phase", tags.and("phase", name));
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    before = LoopTimes.ZERO;
    show("step", (double) state.globalStep());
  }

  @Override
  public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    recordReaction(ctx);
    updateStart = System.nanoTime();
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    update.record(System.nanoTime() - updateStart, TimeUnit.NANOSECONDS);
    LoopTimes now = ctx.times().orElse(LoopTimes.ZERO);
    LoopTimes spent = now.minus(before);
    before = now;
    samples.increment((double) spent.samples());
    dataWait.record(spent.dataWaitNanos(), TimeUnit.NANOSECONDS);
    forwardBackward.record(spent.forwardBackwardNanos(), TimeUnit.NANOSECONDS);
    optimizer.record(spent.optimizerNanos(), TimeUnit.NANOSECONDS);
    show("step", (double) state.globalStep());
  }

  @Override
  public void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
    logs.values().forEach(this::show);
  }

  @Override
  public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    recordReaction(ctx);
  }

  @Override
  public void onTrainError(CallbackContext ctx, TrainerState state, Throwable error) {
    recordReaction(ctx);
  }

  /** What was logged, evaluated and saved since the update. */
  private void recordReaction(CallbackContext ctx) {
    LoopTimes now = ctx.times().orElse(LoopTimes.ZERO);
    LoopTimes spent = now.minus(before);
    recordIfAny(logging, spent.loggingNanos());
    recordIfAny(evaluation, spent.evaluationNanos());
    recordIfAny(saving, spent.savingNanos());
    if (spent.loggingNanos() + spent.evaluationNanos() + spent.savingNanos() > 0) {
      before =
          new LoopTimes(
              before.updates(),
              before.microBatches(),
              before.samples(),
              before.dataWaitNanos(),
              before.forwardBackwardNanos(),
              before.optimizerNanos(),
              now.loggingNanos(),
              now.evaluationNanos(),
              now.savingNanos());
    }
  }

  private static void recordIfAny(Timer timer, long nanos) {
    if (nanos > 0) {
      timer.record(nanos, TimeUnit.NANOSECONDS);
    }
  }

  private void show(String name, double value) {
    AtomicReference<Double> known = values.get(name);
    if (known == null) {
      known = new AtomicReference<>(value);
      values.put(name, known);
      register(PREFIX + name, known);
    }
    known.set(value);
  }

  private void register(String name, AtomicReference<Double> value) {
    // A registry gives back a meter that it has: that of an earlier run would keep its last value.
    @Nullable Meter earlier = registry.find(name).tags(tags).gauge();
    if (earlier != null) {
      Meter unused = registry.remove(earlier);
    }
    Gauge unused =
        Gauge.builder(name, value, AtomicReference::get)
            .tags(tags)
            .strongReference(true)
            .register(registry);
  }
}
