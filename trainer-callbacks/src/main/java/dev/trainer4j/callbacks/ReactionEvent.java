// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** What was logged, evaluated or saved after an update, in a flight recording. */
@Name("dev.trainer4j.Reaction")
@Label("Log, Evaluation, Save")
@Category("Trainer4J")
@StackTrace(false)
final class ReactionEvent extends Event {

  @Label("Step")
  long step;

  @Label("Logging")
  @Timespan(Timespan.NANOSECONDS)
  long logging;

  @Label("Evaluation")
  @Timespan(Timespan.NANOSECONDS)
  long evaluation;

  @Label("Saving")
  @Timespan(Timespan.NANOSECONDS)
  long saving;
}
