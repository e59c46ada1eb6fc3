// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import com.sun.jna.Native;
import com.sun.jna.ptr.IntByReference;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.ProcessGroup;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * MPI in this process. It can be initialized once in the life of a process, so all groups, one after another or
 * side by side, share it; it is finalized when the JVM ends.
 */
final class MpiRuntime {

  private static @Nullable MpiRuntime instance;

  private final MpiLibrary library;
  private final Watch watch;
  private final MpiProcessGroup.Place place;
  private final MpiProcessGroup start;
  private int joined;

  private MpiRuntime(MpiLibrary library) {
    this.library = library;
    Communicator all = Communicator.ofAll(library);
    watch = Watch.start(all, code -> OpenMpi.MPI_Abort(library.handle("mpi_comm_world"), code));
    Runtime.getRuntime().addShutdownHook(new Thread(this::end, "mpi-end"));
    place = place(all);
    start = group(all, "the start");
    requireSameVersions(new Agreement(start), version());
  }

  /** Initializes MPI with the first call, which all processes must make. */
  static synchronized MpiRuntime get() {
    if (instance == null) {
      MpiLibrary library = MpiLibrary.load();
      initialize();
      instance = new MpiRuntime(library);
    }
    return instance;
  }

  private static void initialize() {
    IntByReference number = new IntByReference();
    Communicator.check("MPI_Initialized", OpenMpi.MPI_Initialized(number));
    if (number.getValue() != 0) {
      throw new IllegalStateException(
          "something else in this process has initialized MPI already; leave that to Trainer4J");
    }
    try (StartAlarm alarm = StartAlarm.set()) {
      Communicator.check(
          "MPI_Init_thread", OpenMpi.MPI_Init_thread(null, null, OpenMpi.THREAD_MULTIPLE, number));
    }
    if (number.getValue() < OpenMpi.THREAD_MULTIPLE) {
      throw new IllegalStateException(
          "this build of Open MPI does not let several threads use it (MPI_THREAD_MULTIPLE); install one that does,"
              + " such as Debian's openmpi-bin");
    }
  }

  /** Returns a new group of all processes. A collective. */
  synchronized ProcessGroup join() {
    String name = "the group of all ranks" + (joined == 0 ? "" : " (number " + (joined + 1) + ")");
    joined++;
    // Watched, so that a rank that waits here for one that has failed is not left waiting.
    return group(start.made("the start of " + name, () -> Communicator.ofAll(library)), name);
  }

  private MpiProcessGroup group(Communicator communicator, String name) {
    return new MpiProcessGroup(
        communicator,
        watch,
        name,
        IntStream.range(0, communicator.size()).boxed().toList(),
        place,
        Integer.getInteger("trainer4j.mpi.chunk", MpiProcessGroup.CHUNK));
  }

  /** Machines are counted in the order of their first ranks. */
  private static MpiProcessGroup.Place place(Communicator all) {
    try (Communicator machine = all.ofMachine()) {
      int first = firstOf(machine, all.rank());
      TreeSet<Integer> firsts = new TreeSet<>(integers(all, first));
      return new MpiProcessGroup.Place(machine.rank(), firsts.headSet(first).size());
    }
  }

  private static int firstOf(Communicator machine, int rank) {
    return integers(machine, rank).get(0);
  }

  private static List<Integer> integers(Communicator communicator, int own) {
    try {
      return new ByteExchange(communicator, MpiProcessGroup.CHUNK)
          .gather(1, ByteBuffer.allocate(Integer.BYTES).putInt(0, own).array()).stream()
              .map(bytes -> ByteBuffer.wrap(bytes).getInt())
              .toList();
    } catch (ByteExchange.Mismatch e) {
      throw new AssertionError("the ranks give the same fingerprint", e);
    }
  }

  private static String version() {
    byte[] text = new byte[256];
    Communicator.check(
        "MPI_Get_library_version", OpenMpi.MPI_Get_library_version(text, new IntByReference()));
    return Native.toString(text, "UTF-8").split(",", 2)[0];
  }

  private static void requireSameVersions(Agreement agreement, String mpi) {
    agreement.requireSame("the version of MPI", mpi);
    Versions.ofThisProcess()
        .forEach((what, version) -> agreement.requireSame("the version of " + what, version));
  }

  /** Only where no rank will miss another: else MPI waits for those that never come. */
  private void end() {
    start.leave();
    if (watch.awaitAllEnding()) {
      OpenMpi.MPI_Finalize();
    }
  }
}
