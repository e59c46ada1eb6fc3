// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a file equal to the history of the run.
 *
 * <p>A checkpoint holds the history up to it. So when a run resumes, the history itself says which
 * records stay: no more than those, since what came later comes again, and no less, should some have
 * been lost.
 */
final class HistoryFile {

  private final @Nullable Path chosen;
  private final String defaultName;
  private final LogFormat format;
  private @Nullable LogFile file;

  /**
   * Makes a file that is not there yet.
   *
   * @param chosen where it is, null for {@code defaultName} in the folder that the arguments say
   */
  HistoryFile(@Nullable Path chosen, String defaultName, LogFormat format) {
    this.chosen = chosen;
    this.defaultName = defaultName;
    this.format = format;
  }

  /** Makes the file hold the history of the state. */
  void begin(TrainingArguments args, TrainerState state) {
    if (!state.isWorldProcessZero()) {
      return;
    }
    LogFile begun = new LogFile(chosen != null ? chosen : RunFolder.of(args).resolve(defaultName));
    begun.begin(format.whole(state.logHistory(), begun.firstLine()));
    file = begun;
  }

  /** Adds the last line of the history. */
  void log(TrainingArguments args, TrainerState state, LogEntry entry) {
    if (!state.isWorldProcessZero()) {
      return;
    }
    if (file == null) {
      begin(args, state); // An evaluation before any training, or a callback that came late.
      return;
    }
    LogFile current = Objects.requireNonNull(file);
    String line = current.exists() ? format.line(entry) : null;
    if (line != null) {
      current.append(line);
    } else {
      current.replace(format.whole(state.logHistory(), current.firstLine()));
    }
  }
}
