// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.nio.file.Path;

/**
 * Writes each log entry as one line of JSON.
 *
 * <pre>{@code
 * {"step":9,"epoch":1.0,"loss":0.4812,"grad_norm":0.6034,"learning_rate":0.0018}
 * {"step":9,"epoch":1.0,"eval_loss":0.2865,"eval_accuracy":0.875}
 * }</pre>
 *
 * <p>Written by the main process, into {@code log.jsonl} in {@code loggingDir} or else {@code outputDir}; each entry before training goes on. A run that is killed leaves whole
 * entries, and a resumed one goes on behind the entries of its checkpoint. The file of another run
 * is moved aside, to {@code log.1.jsonl} and so on.
 *
 * <p>In {@code reportTo} its name is {@code jsonl}.
 */
public final class JsonLinesCallback implements TrainerCallback {

  private final HistoryFile file;

  /** Writes {@code log.jsonl} in {@code loggingDir}, or else in {@code outputDir}. */
  public JsonLinesCallback() {
    file = new HistoryFile(null, "log.jsonl", new JsonLinesFormat());
  }

  /** Writes {@code file}, whose folder is made if there is none. */
  public JsonLinesCallback(Path file) {
    this.file = new HistoryFile(file, "log.jsonl", new JsonLinesFormat());
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
