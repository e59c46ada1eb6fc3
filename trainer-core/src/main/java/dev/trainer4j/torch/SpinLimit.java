// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import com.sun.jna.NativeLibrary;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long the threads of one operation keep a core while they wait for each other.
 *
 * <p>Left to itself, libgomp tests 300,000 times whether the others are done before a thread sleeps:
 * milliseconds, in which a core that another process needs does nothing. A thread that never tests is
 * asleep when its next share of work comes, also on a quiet machine.
 *
 * <p>Of 1,000, 3,000, 10,000 and 300,000 tests, a BERT of two layers on two cores made 21.1, 22.0, 23.2 and
 * 23.1 updates a second while nobody else wanted a core, and 9.8, 8.7, 6.8 and 6.7 while one was kept busy.
 *
 * <p>libgomp reads its environment once, when it is loaded. Only Linux has libgomp.
 */
final class SpinLimit {

  /** Most of what a quiet machine has to give, and a good part of what a busy one has. */
  static final int SPINS = 3000;

  private static final Logger LOG = LoggerFactory.getLogger(SpinLimit.class);

  private static final String NAME = "GOMP_SPINCOUNT";
  private static final int KEEP_EXISTING = 0;

  private SpinLimit() {}

  /**
   * Sets the limit for a libgomp that is not loaded yet, unless {@code environment} says how threads
   * wait. What Java knows of the environment stays as it is, and so does that of its child processes.
   */
  static void set(Map<String, String> environment) {
    if (!System.getProperty("os.name", "").startsWith("Linux")
        || environment.containsKey(NAME)
        || environment.containsKey("OMP_WAIT_POLICY")) {
      return;
    }
    try {
      NativeLibrary.getProcess()
          .getFunction("setenv")
          .invokeInt(new Object[] {NAME, Integer.toString(SPINS), KEEP_EXISTING});
    } catch (LinkageError e) {
      // A place where JNA cannot unpack itself: threads wait as libgomp sees fit.
      LOG.debug("{} cannot be set", NAME, e);
    }
  }
}
