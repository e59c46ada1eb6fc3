// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.io.PrintStream;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import me.tongfei.progressbar.ProgressBarConsumer;

/**
 * The last line of the terminal, on which a bar is drawn over and over.
 *
 * <p>The bar comes from a timer's thread, other lines from the thread that trains; the lock keeps
 * each of them whole. Nothing but carriage returns and spaces is used, which every terminal knows.
 */
final class BarLine implements ProgressBarConsumer {

  private final PrintStream out;
  private final int width;
  private final BooleanSupplier alive;
  private final boolean stays;
  private String bar = "";
  private int drawn;
  private boolean hidden;
  private boolean ended;

  /**
   * Begins a line.
   *
   * @param alive whether that whose progress is shown goes on; asked before each drawing
   * @param stays whether the bar is left to be read when it has ended
   */
  BarLine(PrintStream out, int width, BooleanSupplier alive, boolean stays) {
    this.out = out;
    // One column stays free: a full line makes some terminals begin the next one.
    this.width = width - 1;
    this.alive = alive;
    this.stays = stays;
  }

  @Override
  public int getMaxRenderedLength() {
    return width;
  }

  /** Draws the bar; called by the timer. */
  @Override
  public synchronized void accept(String text) {
    if (ended) {
      return;
    }
    if (!alive.getAsBoolean()) {
      // No event tells of a failure. An exception makes the timer forget the bar.
      close();
      throw new CancellationException("what the bar showed has ended");
    }
    bar = text;
    if (!hidden) {
      draw(text);
    }
  }

  /** Prints a whole line in the place of the bar, which moves down. */
  synchronized void println(String line) {
    draw(line);
    out.println();
    drawn = 0;
    if (!hidden && !ended) {
      draw(bar);
    }
  }

  /** Leaves the line to another bar, or takes it back. */
  synchronized void hide(boolean hide) {
    hidden = hide;
    draw(hide ? "" : bar);
  }

  @Override
  public synchronized void close() {
    if (ended) {
      return;
    }
    ended = true;
    if (stays && drawn > 0) {
      out.println();
    } else {
      draw("");
    }
    out.flush();
  }

  private void draw(String text) {
    out.print('\r' + text + " ".repeat(Math.max(0, drawn - text.length())));
    if (text.isEmpty()) {
      out.print('\r');
    }
    out.flush();
    drawn = text.length();
  }
}
