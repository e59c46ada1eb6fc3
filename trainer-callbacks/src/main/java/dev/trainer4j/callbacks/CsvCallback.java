// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.nio.file.Path;

/**
 * Writes each log entry as one row of a CSV file.
 *
 * <pre>{@code
 * step,epoch,loss,grad_norm,learning_rate,eval_loss,eval_accuracy
 * 9,1.0,0.4812,0.6034,0.0018,,
 * 9,1.0,,,,0.2865,0.875
 * }</pre>
 *
 * <p>When an entry brings a value that has no column yet, the file is replaced, in one step, by one with that column: it is a
 * table with one header at every moment.
 *
 * <p>Written by the main process, into {@code log.csv} in {@code loggingDir} or else {@code outputDir}; each entry before training goes on. A run that is killed leaves whole
 * entries, and a resumed one goes on behind the entries of its checkpoint. The file of another run
 * is moved aside, to {@code log.1.csv} and so on.
 *
 * <p>In {@code reportTo} its name is {@code csv}.
 */
public final class CsvCallback implements TrainerCallback {

  private final HistoryFile file;

  /** Writes {@code log.csv} in {@code loggingDir}, or else in {@code outputDir}. */
  public CsvCallback() {
    file = new HistoryFile(null, "log.csv", new CsvFormat());
  }

  /** Writes {@code file}, whose folder is made if there is none. */
  public CsvCallback(Path file) {
    this.file = new HistoryFile(file, "log.csv", new CsvFormat());
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    file.begin(ctx.args(), state);
  }

  @Override
  public void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
    file.log(ctx.args(), state, logs);
  }
}
