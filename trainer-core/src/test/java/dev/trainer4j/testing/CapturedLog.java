// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** What a class logs while this is open. */
public final class CapturedLog implements AutoCloseable {
  private final Logger logger;
  private final @Nullable Level before;
  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

  /** Starts listening to the logger of {@code type}. */
  public CapturedLog(Class<?> type) {
    this((Logger) LoggerFactory.getLogger(type));
  }

  private CapturedLog(Logger logger) {
    this.logger = logger;
    before = logger.getLevel();
    appender.start();
    logger.addAppender(appender);
  }

  /** Listens to all that a class says which only its package sees, {@code name} in full. */
  public static CapturedLog ofAll(String name) {
    CapturedLog log = new CapturedLog((Logger) LoggerFactory.getLogger(name));
    log.logger.setLevel(Level.DEBUG);
    log.logger.setAdditive(false);
    return log;
  }

  /** Returns the warnings so far. */
  public List<String> warnings() {
    return messages(Level.WARN);
  }

  /** Returns what was said so far at {@code level}. */
  public List<String> messages(Level level) {
    return appender.list.stream()
        .filter(event -> event.getLevel() == level)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  @Override
  public void close() {
    logger.detachAppender(appender);
    logger.setLevel(before);
    logger.setAdditive(true);
  }
}
