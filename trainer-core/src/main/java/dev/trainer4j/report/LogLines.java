// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.report;

import dev.trainer4j.run.RunState;
import dev.trainer4j.state.LogEntry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Completes lines of the log with where the run stands, and hands them out. */
public final class LogLines {

  private final RunState state;
  private final Consumer<LogEntry> log;

  /** Hands lines to {@code log}. */
  public LogLines(RunState state, Consumer<LogEntry> log) {
    this.state = state;
    this.log = log;
  }

  /** Hands out a line of {@code values}; returns it. */
  public LogEntry emit(Map<String, Double> values) {
    Map<String, Double> line = new LinkedHashMap<>(values);
    line.put("epoch", state.progress().epochFraction());
    LogEntry entry = new LogEntry(state.progress().globalStep(), line);
    log.accept(entry);
    return entry;
  }
}
