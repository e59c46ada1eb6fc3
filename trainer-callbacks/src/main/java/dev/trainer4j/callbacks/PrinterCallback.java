// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.PrintStream;

/**
 * Prints each log entry as one line, on the main process of each machine.
 *
 * <p>For logs that go into a file or a pipe; on a terminal {@link ProgressCallback} shows more.
 */
public final class PrinterCallback implements TrainerCallback {

  private final PrintStream out;

  /** Prints to {@link System#out}. */
  public PrinterCallback() {
    this(System.out);
  }

  /** Prints to {@code out}, which stays open. */
  public PrinterCallback(PrintStream out) {
    this.out = out;
  }

  @Override
  public void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
    if (state.isLocalProcessZero()) {
      out.println(LogLine.of(logs));
    }
  }
}
