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
   * Makes the run end if somebody outside of it, on whatever rank, asks for that.
   *
   * @param atEnd whether it has made its last update, and ends by itself
   * @param saved whether everything that was trained is saved
   * @return whether that is news
   */
  boolean notice(boolean atEnd, boolean saved) {
    StopReason asked = request.reason();
    if (asked == null && control.shouldInterrupt()) {
      asked = StopReason.CALLBACK;
    }
    asked = ofAnyRank(asked);
    if (asked == null || interruption != null) {
      return false;
    }
    boolean signal = asked == StopReason.SIGNAL;
    if (!signal && atEnd) {
      return false; // A process that must go has no time even for what follows.
    }
    interruption = asked;
    control.requestInterruption(); // Whoever asked: onTrainEnd may want to know.
    control.requestTrainingStop();
    if (!saved && (signal || savesRegularly)) {
      control.requestSave();
    }
    return true;
  }

  /** The most urgent reason of all ranks. */
  private @Nullable StopReason ofAnyRank(@Nullable StopReason mine) {
    int urgency = (int) agreement.greatest(mine == null ? -1 : URGENCY.indexOf(mine));
    return urgency < 0 ? null : URGENCY.get(urgency);
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
    if (ofAnyRank(request.reason()) == StopReason.SIGNAL) {
      return StopReason.SIGNAL; // Too late to change anything, but the caller must know.
    }
    return atEnd ? StopReason.COMPLETED : StopReason.CALLBACK;
  }
}
