// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.signal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Turns the first signal into a word to every run that listens, and leaves further ones to whoever
 * handled them before.
 *
 * <p>A handler belongs to the JVM, so what keeps several trainers from each other's handlers does
 * too: one handler is installed when the first run begins to listen, and the handlers of before are
 * back when the last one ends.
 */
public final class StopSignals {

  private static final StopSignals SHARED = new StopSignals(List.of("TERM", "INT"));

  private final List<String> names;

  /** Handlers of before, while ours are installed. */
  private final Map<String, Object> previous = new LinkedHashMap<>();

  private final List<Listening> listeners = new ArrayList<>();
  private @Nullable String received;
  private boolean acknowledged;

  public StopSignals(List<String> names) {
    this.names = List.copyOf(names);
  }

  /** The signals that ask a process to end, in this JVM. */
  public static StopSignals shared() {
    return SHARED;
  }

  /** A run that listens to nothing. */
  public static Listening none() {
    return new Listening(null, name -> {});
  }

  /**
   * Listens until the result is closed.
   *
   * @param listener is told the name of the first signal, in a thread of its own
   * @throws IllegalStateException if this JVM does not hand out the signals
   */
  public synchronized Listening listen(Consumer<String> listener) {
    if (previous.isEmpty()) {
      install();
    }
    Listening listening = new Listening(this, listener);
    listeners.add(listening);
    return listening;
  }

  private void install() {
    try {
      for (String name : names) {
        previous.put(name, JvmSignals.handle(name, this::onSignal));
      }
    } catch (UnsupportedOperationException e) {
      uninstall();
      throw new IllegalStateException(
          "enableJitCheckpoint needs to handle SIG"
              + String.join(" and SIG", names)
              + ", but "
              + e.getMessage()
              + ". Leave it out, and call trainer.requestStop() where the program learns that it is"
              + " to end",
          e);
    }
  }

  private void uninstall() {
    previous.forEach(JvmSignals::restore);
    previous.clear();
  }

  private synchronized void onSignal(String name) {
    if (received == null && !listeners.isEmpty()) {
      received = name;
      listeners.forEach(listening -> listening.listener.accept(name));
    } else {
      uninstall();
      JvmSignals.raise(name);
    }
  }

  private synchronized void end(Listening listening) {
    if (!listeners.remove(listening)) {
      return;
    }
    acknowledged |= listening.acknowledged;
    if (listeners.isEmpty()) {
      uninstall();
      String unacknowledged = acknowledged ? null : received;
      received = null;
      acknowledged = false;
      if (unacknowledged != null) {
        // It came when nobody looked any more, or the run failed: it must not be lost.
        JvmSignals.raise(unacknowledged);
      }
    }
  }

  /** One run's part. */
  public static final class Listening implements AutoCloseable {

    private final @Nullable StopSignals signals;
    private final Consumer<String> listener;
    private boolean acknowledged;

    private Listening(@Nullable StopSignals signals, Consumer<String> listener) {
      this.signals = signals;
      this.listener = listener;
    }

    /** Says that the run ends because of the signal, and that its caller knows. */
    public void acknowledge() {
      acknowledged = true;
    }

    @Override
    public void close() {
      if (signals != null) {
        signals.end(this);
      }
    }
  }
}
