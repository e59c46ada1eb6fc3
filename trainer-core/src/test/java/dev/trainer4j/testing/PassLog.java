// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import ch.qos.logback.classic.Level;
import java.util.List;

/** How the passes of the runs went that were made while this is open, as the log tells it. */
public final class PassLog implements AutoCloseable {

  private static final String CHOSEN = "Passes are ";

  private final CapturedLog choices = CapturedLog.ofAll("dev.trainer4j.PassChoice");
  private final CapturedLog kernels = CapturedLog.ofAll("dev.trainer4j.model.KernelPass");

  /** Returns what was chosen, in order, such as {@code kernels of 3 layers}. */
  public List<String> chosen() {
    return choices.messages(Level.DEBUG).stream()
        .filter(message -> message.startsWith(CHOSEN))
        .map(message -> message.substring(CHOSEN.length()))
        .toList();
  }

  /** Returns what kernels said of batches that they did not take. */
  public List<String> notTaken() {
    return kernels.messages(Level.INFO);
  }

  @Override
  public void close() {
    choices.close();
    kernels.close();
  }
}
