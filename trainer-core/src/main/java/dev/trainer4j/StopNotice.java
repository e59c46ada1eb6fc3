// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.process.Agreement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Notices between updates that the run is to end, and makes it end with a checkpoint. */
final class StopNotice {

  /** What may cut a run short, the least urgent first. */
  private static final List<StopReason> URGENCY =
      List.of(StopReason.CALLBACK, StopReason.REQUESTED, StopReason.TIME_LIMIT, StopReason.SIGNAL);

  /** The lower ones are those of a control's requests. */
  private static final long FIRST_FLAG = 1L << 32;

  private final StopRequest request;
  private final TrainerControl control;
  private final Agreement agreement;
  private final boolean savesRegularly;
  private @Nullable StopReason interruption;

  StopNotice(
      StopRequest request, TrainerControl control, Agreement agreement, boolean savesRegularly) {
    this.request = request;
    this.control = control;
    this.agreement = agreement;
    this.savesRegularly = savesRegularly;
  }

  /** Returns why the run was cut short, null if it was not. */
  @Nullable StopReason interruption() {
    return interruption;
  }

  /**
   * Makes the run end if somebody outside of it, on whatever rank, asks for that. What callbacks ask for on other ranks,
   * the control knows already.
   *
   * @param asked what {@link #asked} says on all ranks, together
   * @param atEnd whether it has made its last update, and ends by itself
   * @param saved whether everything that was trained is saved
   * @return whether that is news
   */
  boolean notice(long asked, boolean atEnd, boolean saved) {
    StopReason reason = mostUrgent(asked);
    if (reason == null && control.shouldInterrupt()) {
      reason = StopReason.CALLBACK;
    }
    if (reason == null || interruption != null) {
      return false;
    }
    boolean signal = reason == StopReason.SIGNAL;
    if (!signal && atEnd) {
      return false; // A process that must go has no time even for what follows.
    }
    interruption = reason;
    control.requestInterruption(); // Whoever asked: onTrainEnd may want to know.
    control.requestTrainingStop();
    if (!saved && (signal || savesRegularly)) {
      control.requestSave();
    }
    return true;
  }

  /** Returns what this process is asked for from outside, as flags that ranks can join with a control's requests. */
  long asked() {
    StopReason reason = request.reason();
    return reason == null ? 0 : FIRST_FLAG << URGENCY.indexOf(reason);
  }

  private static @Nullable StopReason mostUrgent(long asked) {
    for (int i = URGENCY.size() - 1; i >= 0; i--) {
      if ((asked & (FIRST_FLAG << i)) != 0) {
        return URGENCY.get(i);
      }
    }
    return null;
  }

  /**
   * Returns why training ended.
   *
   * @param atEnd whether it has made its last update
   */
  StopReason reason(boolean atEnd) {
    StopReason cut = interruption;
    if (cut != null) {
      return cut;
    }
    if (mostUrgent(agreement.union(asked())) == StopReason.SIGNAL) {
      return StopReason.SIGNAL; // Too late to change anything, but the caller must know.
    }
    return atEnd ? StopReason.COMPLETED : StopReason.CALLBACK;
  }
}
