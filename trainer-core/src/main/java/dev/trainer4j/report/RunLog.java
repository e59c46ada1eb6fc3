// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.report;

import dev.trainer4j.args.LogLevel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The library's messages through SLF4J, filtered by {@code logLevel}.
 *
 * <p>A library cannot set the level of the host's logging backend; it can say less. With {@code
 * PASSIVE} the host alone decides.
 */
public final class RunLog {

  private static final Logger LOGGER = LoggerFactory.getLogger("dev.trainer4j.Trainer");

  private final LogLevel least;

  public RunLog(LogLevel least) {
    this.least = least;
  }

  public void info(String message, @Nullable Object... values) {
    log(Level.INFO, message, values);
  }

  public void warn(String message, @Nullable Object... values) {
    log(Level.WARN, message, values);
  }

  private void log(Level level, String message, @Nullable Object... values) {
    if (allows(level)) {
      LOGGER.makeLoggingEventBuilder(level).log(message, values);
    }
  }

  private boolean allows(Level level) {
    if (!LOGGER.isEnabledForLevel(level)) {
      return false;
    }
    return switch (least) {
      case PASSIVE, DEBUG, INFO -> true;
      case WARNING -> level.toInt() >= Level.WARN.toInt();
      case ERROR, CRITICAL -> level.toInt() >= Level.ERROR.toInt();
    };
  }
}
