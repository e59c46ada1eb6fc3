// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.signal.JvmSignals;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;

/** The first class of a worker, which calls the user's. Not for users: {@link Launch} starts it. */
public final class Worker {

  /** What launchers hand on to all machines; SIGTERM they keep for their own end. */
  static final String STOP_SIGNAL = "USR1";

  private static final int FAILED = 1;
  private static final int ORPHANED = 137;

  private Worker() {}

  /** Calls {@code args[0]}'s main method with the other arguments. */
  public static void main(String[] args) throws ReflectiveOperationException {
    Object unused = JvmSignals.handle(STOP_SIGNAL, name -> JvmSignals.raise("TERM"));
    endWithParent();
    Class<?> type = Class.forName(args[0], true, Thread.currentThread().getContextClassLoader());
    try {
      type.getMethod("main", String[].class)
          .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
    } catch (InvocationTargetException e) {
      Throwable thrown = e.getCause() == null ? e : e.getCause();
      thrown.printStackTrace();
      System.err.flush();
      // Threads of the user's would keep this process from ending, and with it the job.
      System.exit(FAILED);
    }
  }

  /** If the launcher is killed, nobody would end this process. */
  private static void endWithParent() {
    ProcessHandle.current()
        .parent()
        .ifPresent(
            parent -> {
              var unused = parent.onExit().thenRun(() -> Runtime.getRuntime().halt(ORPHANED));
            });
  }
}
