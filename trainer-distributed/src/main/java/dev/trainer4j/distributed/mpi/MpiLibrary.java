// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Open MPI's library in this process, and the handles that it has as global variables. */
final class MpiLibrary {

  /** Names the library's file where it is not where the system looks. */
  static final String PROPERTY = "trainer4j.mpi.library";

  /** Open MPI's plugins look for its symbols in the whole process. */
  private static final int NOW_AND_GLOBAL = 0x102;

  private static final String HANDLES = "ompi_";

  private final NativeLibrary library;
  private final Map<String, Pointer> handles = new ConcurrentHashMap<>();

  private MpiLibrary(NativeLibrary library) {
    this.library = library;
  }

  /**
   * Loads the library.
   *
   * @throws IllegalStateException if there is none, or another MPI; the message says what to do
   */
  static MpiLibrary load() {
    if (!Platform.isWindows()) {
      // Else UCX takes signals that the JVM lives on, and ends it.
      setVariable("UCX_ERROR_SIGNALS", "", true);
      // Who waits looks again and again: a JVM has more threads, and a machine more work, for which
      // it steps aside.
      setVariable("OMPI_MCA_mpi_yield_when_idle", "1", false);
    }
    String given = System.getProperty(PROPERTY);
    List<String> names =
        given == null ? List.of("libmpi.so.40", "libmpi.so", "mpi") : List.of(given);
    List<String> reasons = new ArrayList<>();
    for (String name : names) {
      try {
        NativeLibrary library =
            NativeLibrary.getInstance(name, Map.of(Library.OPTION_OPEN_FLAGS, NOW_AND_GLOBAL));
        requireOpenMpi(library, name);
        OpenMpi.bind(library);
        return new MpiLibrary(library);
      } catch (UnsatisfiedLinkError e) {
        reasons.add(String.valueOf(e.getMessage()).lines().findFirst().orElse(name));
      }
    }
    throw new IllegalStateException(
        "this process was started by mpirun or srun as one of several, but Open MPI's library cannot be loaded ("
            + String.join("; ", reasons)
            + "). Install Open MPI 4 or 5 on every machine (Debian and Ubuntu: apt-get install openmpi-bin), or name"
            + " the file of the library with -D"
            + PROPERTY
            + "=/path/to/libmpi.so.40");
  }

  private static void setVariable(String name, String value, boolean replace) {
    Function.getFunction("c", "setenv").invokeInt(new Object[] {name, value, replace ? 1 : 0});
  }

  private static void requireOpenMpi(NativeLibrary library, String name) {
    try {
      library.getGlobalVariableAddress(HANDLES + "mpi_comm_world");
    } catch (UnsatisfiedLinkError e) {
      throw new IllegalStateException(
          name
              + (library.getFile() == null ? "" : " (" + library.getFile() + ")")
              + " is not Open MPI: it has no ompi_mpi_comm_world. MPICH and its kin have another binary interface."
              + " Install Open MPI (Debian and Ubuntu: apt-get install openmpi-bin) and start with its mpirun, or"
              + " name its library with -D"
              + PROPERTY
              + "=/path/to/libmpi.so.40",
          e);
    }
  }

  /** Returns the handle of a name such as {@code mpi_comm_world}; looked up once. */
  Pointer handle(String name) {
    return handles.computeIfAbsent(name, key -> library.getGlobalVariableAddress(HANDLES + key));
  }
}
