// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.Trainer;
import java.io.Console;
import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** What can be known of the terminal. No answer is ever an exception. */
public final class Terminal {

  private static final int DEFAULT_WIDTH = 80;
  private static final int LEAST_WIDTH = 40;

  private Terminal() {}

  /** Whether people look on: both standard streams belong to a terminal. */
  public static boolean isPresent() {
    Console console = console();
    return console != null && isTerminal(console);
  }

  /** Whether a bar stays whole: people look on, and no flood of log lines comes between. */
  static boolean suitsBars() {
    return isPresent() && !isFlooded();
  }

  /**
   * Whether the host lets the lines for debugging through, as backends do that nobody configured. Where
   * they end up cannot be known; it is mostly the terminal.
   */
  static boolean isFlooded() {
    return LoggerFactory.getLogger(Trainer.class).isDebugEnabled();
  }

  // Null before JDK 22 where there is no terminal.
  @SuppressWarnings("SystemConsoleNull")
  private static @Nullable Console console() {
    return System.console();
  }

  /** From JDK 22 on there is a console without a terminal too; JDK 17 cannot ask. */
  private static boolean isTerminal(Console console) {
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return false;
    }
  }

  /**
   * The columns of a line: those that the shell exports, else what every terminal has. Asking the
   * terminal itself takes native code that replaces the host's handlers of signals.
   */
  public static int width() {
    try {
      String columns = System.getenv("COLUMNS");
      return columns == null ? DEFAULT_WIDTH : Math.max(LEAST_WIDTH, Integer.parseInt(columns));
    } catch (NumberFormatException | SecurityException e) {
      return DEFAULT_WIDTH;
    }
  }

  /** Whether the blocks of a bar can be shown, rather than question marks. */
  static boolean showsBlocks() {
    Console console = console();
    Charset charset = console == null ? Charset.defaultCharset() : console.charset();
    return charset.canEncode() && charset.newEncoder().canEncode("█▏│");
  }
}
