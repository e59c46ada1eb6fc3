// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.LoopTimes;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Ends training, with a checkpoint, so that it is over before a point in time.
 *
 * <p>After each update it asks whether there is time for another one like the slowest so far and for
 * the checkpoint. What a checkpoint takes is the reserve that is given, else twice what the slowest
 * so far took. The run ends in the middle of the epoch and a resumed one goes on there. The argument
 * {@code maxTrainTime} is the plain form: it stops after the update in which the time is over.
 *
 * <pre>{@code
 * .callback(new TimeLimitCallback(Duration.ofMinutes(55)))
 * .callback(TimeLimitCallback.until(endOfTheJob).reserve(Duration.ofMinutes(2)))
 * }</pre>
 */
public final class TimeLimitCallback implements TrainerCallback {

  private final @Nullable Duration limit;
  private final @Nullable Instant fixedDeadline;
  private final @Nullable Duration reserve;
  private final Clock clock;

  private Instant deadline = Instant.MAX;
  private LoopTimes before = LoopTimes.ZERO;
  private Instant lastUpdate = Instant.EPOCH;
  private Duration slowestUpdate = Duration.ZERO;
  private Duration slowestSave = Duration.ZERO;

  /** Gives each call of {@code train()} this much time. */
  public TimeLimitCallback(Duration limit) {
    this(requirePositive("limit", limit), null, null, Clock.systemUTC());
  }

  TimeLimitCallback(
      @Nullable Duration limit,
      @Nullable Instant deadline,
      @Nullable Duration reserve,
      Clock clock) {
    this.limit = limit;
    this.fixedDeadline = deadline;
    this.reserve = reserve;
    this.clock = clock;
  }

  /** Ends training before {@code deadline}, such as the end of a job's time. */
  public static TimeLimitCallback until(Instant deadline) {
    return new TimeLimitCallback(
        null, Objects.requireNonNull(deadline, "deadline"), null, Clock.systemUTC());
  }

  /** Returns the same limit with this much time kept for the checkpoint and whatever follows. */
  public TimeLimitCallback reserve(Duration time) {
    return new TimeLimitCallback(limit, fixedDeadline, requirePositive("reserve", time), clock);
  }

  private static Duration requirePositive(String name, Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(name + " must be above 0, but is " + duration);
    }
    return duration;
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    deadline =
        fixedDeadline == null ? clock.instant().plus(Objects.requireNonNull(limit)) : fixedDeadline;
    before = LoopTimes.ZERO;
    slowestUpdate = Duration.ZERO;
    slowestSave = Duration.ZERO;
  }

  @Override
  public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    lastUpdate = clock.instant();
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    Instant now = clock.instant();
    slowestUpdate = longer(slowestUpdate, Duration.between(lastUpdate, now));
    LoopTimes times = ctx.times().orElse(LoopTimes.ZERO);
    slowestSave = longer(slowestSave, Duration.ofNanos(times.minus(before).savingNanos()));
    before = times;
    Duration kept = reserve == null ? slowestSave.multipliedBy(2) : reserve;
    if (!now.plus(slowestUpdate).plus(kept).isBefore(deadline)) {
      control.requestSave();
      control.requestInterruption();
    }
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }
}
