// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** One progress bar of the library on one {@link BarLine}. */
final class ConsoleBar implements AutoCloseable {

  private static final int REDRAW_MILLIS = 200;

  private final BarLine line;
  private final ProgressBar bar;

  /**
   * Shows a bar.
   *
   * @param start where a resumed run goes on
   * @param max where it ends; negative if that is unknown
   */
  ConsoleBar(String name, long start, long max, BarLine line) {
    this.line = line;
    bar =
        new ProgressBarBuilder()
            .setTaskName(name)
            .setInitialMax(max)
            .startsFrom(start, Duration.ZERO)
            .setStyle(
                Terminal.showsBlocks() ? ProgressBarStyle.UNICODE_BLOCK : ProgressBarStyle.ASCII)
            // The clock goes on between two steps, however long they take.
            .continuousUpdate()
            .setUpdateIntervalMillis(REDRAW_MILLIS)
            .setConsumer(line)
            .build();
  }

  void stepTo(long step) {
    bar.stepTo(step);
  }

  void message(String text) {
    bar.setExtraMessage(text);
  }

  void println(String text) {
    line.println(text);
  }

  void hide(boolean hide) {
    line.hide(hide);
  }

  @Override
  public void close() {
    // The library waits for a last drawing, and loses an interrupt that is meant for the host.
    boolean interrupted = Thread.interrupted();
    try {
      bar.close();
      line.close();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
