// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** One update in a flight recording; its duration is from step begin to step end. */
@Name("dev.trainer4j.Update")
@Label("Update")
@Category("Trainer4J")
@StackTrace(false)
final class UpdateEvent extends Event {

  @Label("Step")
  long step;

  @Label("Samples")
  long samples;

  @Label("Micro Batches")
  long microBatches;

  @Label("Data Wait")
  @Timespan(Timespan.NANOSECONDS)
  long dataWait;

  @Label("Forward and Backward")
  @Timespan(Timespan.NANOSECONDS)
  long forwardBackward;

  @Label("Optimizer")
  @Timespan(Timespan.NANOSECONDS)
  long optimizer;
}
