// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import dev.trainer4j.signal.JvmSignals;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C while a model writes: the first one stops the answer at its next token, a second one before that ends the program. While
 * nothing is written, it does what it is told to. Where the JVM hands out no signals, Ctrl-C ends the program as ever.
 */
final class StopKey implements AutoCloseable {

  private static final String INTERRUPT = "INT";

  /** What the shell expects of a program that was interrupted. */
  private static final int INTERRUPTED = 130;

  private final Runnable idle;
  private final @Nullable Object previous;
  private volatile boolean writing;
  private volatile boolean asked;

  /** Leaves the generation, which closes what it has opened on the way. */
  private static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stopped() {
      super("stopped", null, false, false);
    }
  }

  private StopKey(Runnable idle, boolean listens) {
    this.idle = idle;
    Object before = null;
    try {
      before = listens ? JvmSignals.handle(INTERRUPT, name -> pressed()) : null;
    } catch (UnsupportedOperationException e) {
      // Then Ctrl-C ends the program.
    }
    previous = before;
  }

  /**
   * Listens until it is closed.
   *
   * @param idle what happens where nothing is being written
   */
  static StopKey listen(Runnable idle) {
    return new StopKey(idle, true);
  }

  /** Leaves Ctrl-C as it is: for a program in a pipe, which it is to end. */
  static StopKey none() {
    return new StopKey(() -> {}, false);
  }

  private void pressed() {
    if (!writing) {
      idle.run();
    } else if (asked) {
      Runtime.getRuntime().halt(INTERRUPTED);
    } else {
      asked = true;
    }
  }

  /**
   * Writes an answer.
   *
   * @param work is given what it calls after each token
   * @return false if it was stopped
   */
  boolean during(Consumer<Runnable> work) {
    asked = false;
    writing = true;
    try {
      work.accept(
          () -> {
            if (asked) {
              throw new Stopped();
            }
          });
      return true;
    } catch (Stopped e) {
      return false;
    } finally {
      writing = false;
    }
  }

  @Override
  public void close() {
    if (previous != null) {
      JvmSignals.restore(INTERRUPT, previous);
    }
  }
}
