// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs, at most every few seconds, how far the transfers of one folder are. */
final class LoggingProgress {
  private static final Logger LOGGER = LoggerFactory.getLogger(LoggingProgress.class);
  private static final long PAUSE_NANOS = 5_000_000_000L;

  private final String what;
  private final long total;
  private final Map<String, Long> done = new ConcurrentHashMap<>();
  private long lastNanos = System.nanoTime();

  /**
   * Begins.
   *
   * @param what such as {@code Downloading owner/name}
   * @param total bytes of all files
   */
  LoggingProgress(String what, long total) {
    this.what = what;
    this.total = total;
  }

  void note(String file, long bytes) {
    done.put(file, bytes);
    long now = System.nanoTime();
    if (now - lastNanos > PAUSE_NANOS) {
      say(now);
    }
  }

  private synchronized void say(long now) {
    if (now - lastNanos <= PAUSE_NANOS) {
      return;
    }
    lastNanos = now;
    long sum = done.values().stream().mapToLong(Long::longValue).sum();
    LOGGER.info(
        "{}: {} of {} ({} %)", what, size(sum), size(total), total == 0 ? 100 : sum * 100 / total);
  }

  /** A number of bytes as people read it. */
  static String size(long bytes) {
    if (bytes < 1000) {
      return bytes + " B";
    }
    String[] units = {"kB", "MB", "GB", "TB"};
    double value = bytes;
    int unit = -1;
    while (value >= 999.95 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
  }
}
