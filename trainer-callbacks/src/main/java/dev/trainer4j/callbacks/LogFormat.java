// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.state.LogEntry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How log entries become the lines of a file. */
interface LogFormat {

  /**
   * Returns the text of a whole file, empty if there are no entries.
   *
   * @param firstLine the first line of the file that is there, empty if there is none
   */
  String whole(List<LogEntry> entries, String firstLine);

  /** Returns one more line of that file, null if the file cannot take it as it is. */
  @Nullable String line(LogEntry entry);
}
