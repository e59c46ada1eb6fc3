// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.TorchFunctions;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Processes on one or more machines that talk through Open MPI, for tensors on the CPU.
 *
 * <p>Beside what every group takes it takes tensors of bfloat16 and float16, which it adds up in float32.
 *
 * <p>The first collectives of a group are checked before they run: ranks that call different things, or give
 * tensors of different shapes or types, all get an {@link IllegalStateException} that says what. Later ones
 * are compared beside the training, and a job whose ranks no longer fit together is ended with the same
 * message.
 */
public final class MpiProcessGroup implements ProcessGroup {

  /**
   * Elements of one call of MPI, whose counts, and often products of counts and sizes, are numbers of 32
   * bits.
   */
  static final int CHUNK = 1 << 28;

  /**
   * So many bytes of each rank are added up in one call. MPI takes temporary memory of the size of a call, and takes it
   * from the system each time where it is large; this much also stays in a processor's cache.
   */
  private static final int SUMMED = 1 << 17;

  /** The first collectives are those in which programs that differ are found. */
  private static final long CHECKED = 256;

  /** DJL has no name for bfloat16 that libtorch gives it. */
  private static final Set<DataType> HALF =
      Set.of(DataType.FLOAT16, DataType.BFLOAT16, DataType.UNKNOWN);

  private final Communicator communicator;
  private final Watch watch;
  private final Progress progress;
  private final String name;
  private final List<Integer> members;
  private final Place place;
  private final int chunk;
  private final ByteExchange bytes;
  private int parts;
  private boolean closed;

  /** Where a process is among all. */
  record Place(int localRank, int nodeRank) {}

  /**
   * Makes a group of a communicator, which it closes.
   *
   * @param members the ranks among all processes
   * @param chunk elements of one call of MPI, from 1
   */
  MpiProcessGroup(
      Communicator communicator,
      Watch watch,
      String name,
      List<Integer> members,
      Place place,
      int chunk) {
    this.communicator = communicator;
    this.watch = watch;
    this.name = name;
    this.members = List.copyOf(members);
    this.place = place;
    this.chunk = chunk;
    progress = watch.follow(name, members);
    bytes = new ByteExchange(communicator, chunk);
  }

  @Override
  public int rank() {
    return communicator.rank();
  }

  @Override
  public int worldSize() {
    return communicator.size();
  }

  @Override
  public int localRank() {
    return place.localRank();
  }

  @Override
  public int nodeRank() {
    return place.nodeRank();
  }

  @Override
  public String backend(Device device) {
    return "mpi";
  }

  @Override
  public void limitWaits(Duration timeout) {
    watch.limitWaits(timeout);
  }

  @Override
  public void broadcast(NDArray array, int root) {
    widened(array, numbers -> broadcastNumbers(numbers, root));
  }

  private void broadcastNumbers(NDArray array, int root) {
    Objects.checkIndex(root, worldSize());
    TensorMemory memory = TensorMemory.of(array);
    run(
        Collective.of("broadcast", root, array),
        () ->
            inPieces(
                chunk,
                0,
                memory.count(),
                (start, count) ->
                    communicator.broadcast(memory.at(start), count, memory.type(), root)));
  }

  @Override
  public void allReduce(NDArray array) {
    widened(array, numbers -> allReduceNumbers(numbers));
  }

  private void allReduceNumbers(NDArray array) {
    TensorMemory memory = TensorMemory.of(array);
    run(
        Collective.of("allReduce", -1, array),
        () ->
            inPieces(
                summed(memory),
                0,
                memory.count(),
                (start, count) -> communicator.sum(memory.at(start), count, memory.type())));
  }

  @Override
  public void reduceScatter(NDArray array) {
    widened(array, numbers -> reduceScatterNumbers(numbers));
  }

  private void reduceScatterNumbers(NDArray array) {
    requireParts(array);
    TensorMemory memory = TensorMemory.of(array);
    long part = memory.count() / worldSize();
    run(
        Collective.of("reduceScatter", -1, array),
        () -> {
          if (memory.count() > summed(memory)) {
            sumPartByPart(memory, part);
          } else if (part > 0) {
            communicator.sumScattered(memory.start(), (int) part, memory.type());
            // MPI leaves it at the start.
            if (rank() > 0) {
              memory.move(0, part * rank(), part);
            }
          }
        });
  }

  private void sumPartByPart(TensorMemory memory, long part) {
    for (int rank = 0; rank < worldSize(); rank++) {
      int root = rank;
      inPieces(
          summed(memory),
          part * rank,
          part * (rank + 1),
          (start, count) -> communicator.sumAt(root, memory.at(start), count, memory.type()));
    }
  }

  @Override
  public void allGather(NDArray array) {
    widened(array, numbers -> allGatherNumbers(numbers));
  }

  private void allGatherNumbers(NDArray array) {
    requireParts(array);
    TensorMemory memory = TensorMemory.of(array);
    long part = memory.count() / worldSize();
    run(
        Collective.of("allGather", -1, array),
        () -> {
          if (memory.count() > chunk) {
            givePartByPart(memory, part);
          } else if (part > 0) {
            communicator.gather(memory.start(), (int) part, memory.type());
          }
        });
  }

  private void givePartByPart(TensorMemory memory, long part) {
    for (int rank = 0; rank < worldSize(); rank++) {
      int root = rank;
      inPieces(
          chunk,
          part * rank,
          part * (rank + 1),
          (start, count) -> communicator.broadcast(memory.at(start), count, memory.type(), root));
    }
  }

  /** MPI has no type of 16 bits: such numbers go as float32, and what ranks add up is rounded once. */
  private static void widened(NDArray array, Consumer<NDArray> call) {
    if (!HALF.contains(array.getDataType())) {
      call.accept(array);
      return;
    }
    try (Autograd.Recording off = Autograd.record(false);
        NDArray wide = TorchFunctions.toFloat32(array)) {
      call.accept(wide);
      TorchFunctions.copy(List.of(array), List.of(wide));
    }
  }

  /** A call of MPI for some of the elements. */
  @FunctionalInterface
  private interface ChunkCall {
    void run(long start, int count);
  }

  private static void inPieces(int most, long from, long to, ChunkCall call) {
    for (long start = from; start < to; start += most) {
      call.run(start, (int) Math.min(most, to - start));
    }
  }

  /** Elements that one call adds up. */
  private int summed(TensorMemory memory) {
    return (int) Math.min(chunk, (long) SUMMED / memory.type().bytes() * worldSize());
  }

  private void requireParts(NDArray array) {
    requireParts(array, worldSize());
  }

  /**
   * Checks what is scattered or gathered.
   *
   * @throws IllegalArgumentException if the array has not as many equal parts along its first dimension
   */
  public static void requireParts(NDArray array, int parts) {
    if (array.getShape().dimension() == 0 || array.getShape().get(0) % parts != 0) {
      throw new IllegalArgumentException(
          "an array of the shape "
              + array.getShape()
              + " has no "
              + parts
              + " equal parts along its first dimension: pad it.");
    }
  }

  @Override
  public List<byte[]> allGather(byte[] own) {
    List<List<byte[]>> all = new ArrayList<>();
    Collective collective = Collective.ofBytes("allGather of bytes");
    track(collective, number -> all.add(exchange(collective, own)));
    return all.get(0);
  }

  @Override
  public ProcessGroup split(int color) {
    if (color < 0) {
      throw new IllegalArgumentException("color is " + color + ", but must be at least 0");
    }
    List<byte[]> all = allGather(ByteBuffer.allocate(Integer.BYTES).putInt(0, color).array());
    List<Integer> of = new ArrayList<>();
    for (int rank = 0; rank < all.size(); rank++) {
      if (ByteBuffer.wrap(all.get(rank)).getInt() == color) {
        of.add(members.get(rank));
      }
    }
    Communicator part = made("split", () -> communicator.split(color));
    String partName = "part " + color + " of split " + parts++ + " of " + name;
    return new MpiProcessGroup(part, watch, partName, of, place, chunk);
  }

  /** Makes a communicator, a collective of these ranks that is watched like the others. */
  Communicator made(String what, Supplier<Communicator> maker) {
    List<Communicator> made = new ArrayList<>();
    track(Collective.ofBytes(what), number -> made.add(maker.get()));
    return made.get(0);
  }

  /** Tells the other ranks that this one calls no more; what it has of MPI ends with the process. */
  void leave() {
    progress.leave();
  }

  /**
   * Runs a collective of tensors that something else carries, such as NCCL. It is compared and watched like those of this
   * group: ranks that do different things, or do not come, are named.
   *
   * @param name such as {@code allReduce}
   * @param root of a broadcast; else -1
   */
  public void carried(String name, int root, NDArray array, Runnable call) {
    run(Collective.of(name, root, array), call);
  }

  /** Runs a collective of tensors. */
  private void run(Collective collective, Runnable call) {
    track(
        collective,
        number -> {
          if (number < CHECKED) {
            exchange(collective, new byte[0]);
          }
          call.run();
        });
  }

  private List<byte[]> exchange(Collective collective, byte[] own) {
    try {
      return bytes.gather(collective.fingerprint(), own);
    } catch (ByteExchange.Mismatch e) {
      throw different(collective, e);
    }
  }

  /** All ranks have seen that they differ, so all of them say what they do. */
  private IllegalStateException different(Collective own, ByteExchange.Mismatch mismatch) {
    try {
      List<String> all =
          bytes.gather(0, own.toString().getBytes(StandardCharsets.UTF_8)).stream()
              .map(text -> new String(text, StandardCharsets.UTF_8))
              .toList();
      int other = 1;
      while (all.get(other).equals(all.get(0))) {
        other++;
      }
      return new IllegalStateException(
          String.format(
              "the ranks do different things: rank 0 is in %s, rank %d in %s. Run the same program with the"
                  + " same arguments and data on all ranks.",
              all.get(0), other, all.get(other)),
          mismatch);
    } catch (ByteExchange.Mismatch e) {
      throw new AssertionError("the ranks give the same fingerprint", e);
    }
  }

  /** What is done in a collective. */
  @FunctionalInterface
  private interface TrackedCall {
    void run(long number);
  }

  private void track(Collective collective, TrackedCall call) {
    if (closed) {
      throw new IllegalStateException(name + " is closed: " + collective + " comes too late");
    }
    long number = progress.start(collective, CHECKED);
    try {
      call.run(number);
    } finally {
      progress.finish();
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      progress.leave();
      communicator.close();
    }
  }

  @Override
  public String toString() {
    return "rank " + rank() + " of " + worldSize() + " in " + name;
  }
}
