// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.Device;
import com.sun.jna.NativeLibrary;
import java.util.List;
import java.util.Locale;
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

  /** From {@code malloc.h}, like those that follow. */
  private static final int M_MXFAST = 1;

  private static final int M_TRIM_THRESHOLD = -1;

  private static final int M_TOP_PAD = -2;
  private static final int M_MMAP_THRESHOLD = -3;
  private static final int M_MMAP_MAX = -4;

  /** The heaps of all threads but the first are made of pieces of this size, each given back when empty. */
  private static final int TOP_PAD = 64 << 20;

  /** What a trainer sets, and what is set beside it by those who set it themselves. */
  private static final List<String> SETTINGS =
      List.of("trim_threshold", "mmap_threshold", "mmap_max", "top_pad", "mxfast");

  /** What glibc allows by itself. */
  private static final int MAPPED_BLOCKS = 65536;

  /** From this size on a block is mapped; told, it does not grow with what is freed. */
  private static final int MAPPED_BYTES = 1 << 20;

  private static boolean asked;
  private static boolean keeps;

  private NativeHeap() {}

  /**
   * Makes the heap keep what is freed, for the rest of the process; once is enough. Environment
   * variables that say when glibc takes and gives back memory take precedence.
   *
   * @param device where arrays are; on a GPU they are not in this heap, and nothing happens
   */
  public static synchronized void keepFreed(Device device) {
    if (asked || device.isGpu()) {
      return;
    }
    asked = true;
    keeps = !isSetUp(System.getenv());
    if (keeps) {
      // A mapped block goes back when it is freed: the gradient of an embedding, update for update.
      call("mallopt", M_MMAP_MAX, 0);
      call("mallopt", M_TRIM_THRESHOLD, Integer.MAX_VALUE);
      call("mallopt", M_TOP_PAD, TOP_PAD);
      // Small blocks that are kept for later lie between large ones, which then do not join.
      call("mallopt", M_MXFAST, 0);
    }
  }

  /**
   * Makes the heap give large blocks back as they are freed, for the rest of the process: for who holds much for
   * moments only, and means the memory to be somebody else's in between. Each block costs its page faults anew.
   * Environment variables take precedence, as for {@link #keepFreed}, which has no effect afterwards.
   *
   * @param device where arrays are; on a GPU they are not in this heap, and nothing happens
   */
  public static synchronized void returnFreed(Device device) {
    if (device.isGpu() || isSetUp(System.getenv())) {
      return;
    }
    asked = true;
    keeps = true; // Blocks that are not large are still kept, until somebody asks for them.
    call("mallopt", M_MMAP_MAX, MAPPED_BLOCKS);
    call("mallopt", M_MMAP_THRESHOLD, MAPPED_BYTES);
  }

  /** Gives what was kept back to the system, if arrays are not on a GPU. It comes again as it is needed. */
  public static synchronized void giveBack(Device device) {
    if (keeps && !device.isGpu()) {
      call("malloc_trim", 0);
    }
  }

  private static boolean isSetUp(Map<String, String> environment) {
    String tunables = environment.getOrDefault("GLIBC_TUNABLES", "");
    return SETTINGS.stream()
        .anyMatch(
            name ->
                environment.containsKey("MALLOC_" + name.toUpperCase(Locale.ROOT) + "_")
                    || tunables.contains("glibc.malloc." + name + "="));
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
