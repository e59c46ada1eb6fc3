// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import com.sun.jna.NativeLibrary;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The C library's heap, from which libtorch takes the memory of arrays on a CPU.
 *
 * <p>An update frees nearly all that the next one needs. Left to itself, glibc hands most of it to
 * the system each time, and the system clears every page before it gives it out again.
 *
 * <p>Only glibc is spoken to. With another C library, or another allocator in its place, nothing
 * happens.
 */
public final class NativeHeap {

  private static final Logger LOG = LoggerFactory.getLogger(NativeHeap.class);

  /** From {@code malloc.h}. */
  private static final int M_TRIM_THRESHOLD = -1;

  private static final int M_TOP_PAD = -2;
  private static final int M_MMAP_THRESHOLD = -3;

  /** Larger blocks are mapped and unmapped, each by itself: the most that glibc allows. */
  private static final int MMAP_THRESHOLD = 32 << 20;

  /** The heaps of all threads but the first are made of pieces of this size, each given back when empty. */
  private static final int TOP_PAD = 64 << 20;

  private static boolean asked;

  private NativeHeap() {}

  /**
   * Makes the heap keep what is freed, for the rest of the process; once is enough. Environment
   * variables that set up glibc's heap take precedence, {@code MALLOC_ARENA_MAX} excepted, which says
   * nothing about that.
   */
  public static synchronized void keepFreed() {
    if (asked) {
      return;
    }
    asked = true;
    if (!isSetUp(System.getenv())) {
      call("mallopt", M_MMAP_THRESHOLD, MMAP_THRESHOLD);
      call("mallopt", M_TRIM_THRESHOLD, Integer.MAX_VALUE);
      call("mallopt", M_TOP_PAD, TOP_PAD);
    }
  }

  /** Gives what is free back to the system. It comes again as it is needed. */
  public static void giveBack() {
    call("malloc_trim", 0);
  }

  static boolean isSetUp(Map<String, String> environment) {
    return environment.containsKey("MALLOC_TRIM_THRESHOLD_")
        || environment.containsKey("MALLOC_MMAP_THRESHOLD_")
        || environment.containsKey("MALLOC_MMAP_MAX_")
        || environment.containsKey("MALLOC_TOP_PAD_")
        || environment.getOrDefault("GLIBC_TUNABLES", "").contains("glibc.malloc.");
  }

  private static void call(String function, Object... arguments) {
    if (!System.getProperty("os.name", "").startsWith("Linux")) {
      return;
    }
    try {
      NativeLibrary.getProcess().getFunction(function).invokeInt(arguments);
    } catch (LinkageError e) {
      // Another C library, or a place where JNA cannot unpack itself.
      LOG.debug("the C library's {} cannot be called", function, e);
    }
  }
}
