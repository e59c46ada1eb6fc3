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
 * asleep when its next share of work comes, also on a quiet machine. Testing for about as long as it takes
 * to fall asleep and be woken costs at most twice the better of the two.
 *
 * <p>libgomp reads its environment once, when it is loaded. Only Linux has libgomp.
 */
final class SpinLimit {

  /** Some 20 to 50 microseconds. */
  static final int SPINS = 1000;

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
