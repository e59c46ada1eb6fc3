// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.signal.JvmSignals;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Hands the signals that ask this process to end on to all ranks, so that they can write a checkpoint. The second one ends them at
 * once.
 */
final class Signals implements AutoCloseable {

  private static final Map<String, Integer> NUMBERS = Map.of("HUP", 1, "INT", 2, "TERM", 15);

  private final Map<String, Object> previous = new LinkedHashMap<>();
  private final AtomicInteger first = new AtomicInteger();

  private Signals() {}

  static Signals forwardTo(Runnable stop) {
    Signals signals = new Signals();
    NUMBERS.forEach(
        (name, number) ->
            signals.previous.put(
                name,
                JvmSignals.handle(
                    name,
                    received -> {
                      signals.first.compareAndSet(0, number);
                      stop.run();
                    })));
    return signals;
  }

  /** A process that was asked to end tells so by its exit code, whatever its ranks said. */
  int exitCode(int otherwise) {
    return first.get() == 0 ? otherwise : 128 + first.get();
  }

  @Override
  public void close() {
    previous.forEach(JvmSignals::restore);
  }
}
