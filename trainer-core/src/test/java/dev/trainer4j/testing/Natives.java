// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import ai.djl.engine.Engine;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.sun.jna.NativeLibrary;
import com.sun.jna.NativeLong;
import com.sun.jna.Structure;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Counts what a run holds outside of the Java heap. */
public final class Natives {

  private Natives() {}

  /** Arrays that any manager of this JVM owns. */
  public static long arrays() {
    try (NDManager any = Engine.getEngine("PyTorch").newBaseManager()) {
      return count(any.getParentManager());
    }
  }

  private static long count(Object resource) {
    if (resource instanceof NDArray) {
      return 1;
    }
    if (!(resource instanceof BaseNDManager)) {
      return 0;
    }
    try {
      // DJL shows the arrays of one manager but not its children.
      Field children = BaseNDManager.class.getDeclaredField("resources");
      children.setAccessible(true);
      return ((Map<?, ?>) children.get(resource)).values().stream().mapToLong(Natives::count).sum();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("this DJL keeps its resources elsewhere", e);
    }
  }

  /** What glibc says of its heap; all sizes in bytes. */
  @Structure.FieldOrder({
    "arena",
    "ordblks",
    "smblks",
    "hblks",
    "hblkhd",
    "usmblks",
    "fsmblks",
    "uordblks",
    "fordblks",
    "keepcost"
  })
  public static final class HeapSizes extends Structure implements Structure.ByValue {
    public NativeLong arena;
    public NativeLong ordblks;
    public NativeLong smblks;
    public NativeLong hblks;
    public NativeLong hblkhd;
    public NativeLong usmblks;
    public NativeLong fsmblks;
    public NativeLong uordblks;
    public NativeLong fordblks;
    public NativeLong keepcost;
  }

  /**
   * Bytes that are taken from the C library's heap, down to the smallest block: values that kernels were
   * given, arrays that nobody owns, and what the JVM itself holds there. Empty without glibc 2.33 or later.
   */
  public static OptionalLong heapBytes() {
    try {
      HeapSizes sizes =
          (HeapSizes)
              NativeLibrary.getProcess()
                  .getFunction("mallinfo2")
                  .invoke(HeapSizes.class, new Object[0]);
      return OptionalLong.of(sizes.uordblks.longValue() + sizes.hblkhd.longValue());
    } catch (UnsatisfiedLinkError e) {
      return OptionalLong.empty();
    }
  }

  /** Names of the data workers that are alive. */
  public static List<String> dataThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .map(Thread::getName)
        .filter(name -> name.startsWith("trainer4j-data"))
        .toList();
  }

  /** Resident size of the process in KiB, where the system tells. */
  public static OptionalLong residentKib() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return OptionalLong.empty();
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst();
  }
}
