// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.process.ProcessGroup;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/** One rank of an {@link InMemoryWorld}. Works on the memory of tensors, as a network card would. */
record InMemoryGroup(int rank, int worldSize, int localRank, int nodeRank, Rendezvous rendezvous)
    implements ProcessGroup {

  private static final Set<DataType> TYPES =
      Set.of(DataType.FLOAT32, DataType.FLOAT64, DataType.INT64);

  /** The memory of a tensor, or of a part of one. */
  private record Memory(DataType type, ByteBuffer bytes) {

    Memory slice(int part, int parts) {
      int length = bytes.capacity() / parts;
      return new Memory(type, bytes.slice(part * length, length).order(ByteOrder.nativeOrder()));
    }

    void copyTo(Memory target) {
      target.bytes.duplicate().put(bytes.duplicate());
    }

    /** Adds the numbers of others to these. */
    void add(Memory other) {
      int width = type.getNumOfBytes();
      for (int at = 0; at < bytes.capacity(); at += width) {
        if (type == DataType.FLOAT32) {
          bytes.putFloat(at, bytes.getFloat(at) + other.bytes.getFloat(at));
        } else if (type == DataType.FLOAT64) {
          bytes.putDouble(at, bytes.getDouble(at) + other.bytes.getDouble(at));
        } else {
          bytes.putLong(at, bytes.getLong(at) + other.bytes.getLong(at));
        }
      }
    }

    /** A sum of its own, in the order of the ranks. */
    static Memory sum(List<Memory> all) {
      ByteBuffer bytes =
          ByteBuffer.allocate(all.get(0).bytes.capacity()).order(ByteOrder.nativeOrder());
      Memory sum = new Memory(all.get(0).type, bytes);
      all.get(0).copyTo(sum);
      all.subList(1, all.size()).forEach(sum::add);
      return sum;
    }
  }

  @Override
  public String backend(Device device) {
    return "threads";
  }

  @Override
  public void broadcast(NDArray array, int root) {
    Objects.checkIndex(root, worldSize);
    meet(
        "broadcast from " + root,
        array,
        all -> all.forEach(memory -> all.get(root).copyTo(memory)));
  }

  @Override
  public void allReduce(NDArray array) {
    meet(
        "allReduce",
        array,
        all -> {
          Memory sum = Memory.sum(all);
          all.forEach(sum::copyTo);
        });
  }

  @Override
  public void reduceScatter(NDArray array) {
    requireParts(array);
    meet(
        "reduceScatter",
        array,
        all -> {
          for (int part = 0; part < worldSize; part++) {
            Memory sum = Memory.sum(slices(all, part));
            sum.copyTo(all.get(part).slice(part, worldSize));
          }
        });
  }

  @Override
  public void allGather(NDArray array) {
    requireParts(array);
    meet(
        "allGather",
        array,
        all -> {
          for (int part = 0; part < worldSize; part++) {
            List<Memory> slices = slices(all, part);
            slices.forEach(slices.get(part)::copyTo);
          }
        });
  }

  private List<Memory> slices(List<Memory> all, int part) {
    return all.stream().map(memory -> memory.slice(part, worldSize)).toList();
  }

  @Override
  public List<byte[]> allGather(byte[] bytes) {
    return rendezvous.meet(
        rank, "allGather of bytes", bytes.clone(), (List<byte[]> all) -> List.copyOf(all));
  }

  /** Does something with the memory of all ranks, which the last one to come does for all. */
  private void meet(String what, NDArray array, Consumer<List<Memory>> action) {
    DataType type = array.getDataType();
    if (!TYPES.contains(type) || array.getDevice().isGpu()) {
      throw new IllegalArgumentException(
          String.format(
              "%s of %s on %s: give an array of one of %s on the CPU.",
              what, type, array.getDevice(), TYPES));
    }
    ByteBuffer bytes =
        array.size() == 0
            ? ByteBuffer.allocate(0)
            : array.toByteBuffer(true).order(ByteOrder.nativeOrder());
    rendezvous.meet(
        rank,
        what + " of " + type + " " + array.getShape(),
        new Memory(type, bytes),
        (List<Memory> all) -> {
          action.accept(new ArrayList<>(all));
          return true;
        });
  }

  private void requireParts(NDArray array) {
    if (array.getShape().dimension() == 0 || array.getShape().get(0) % worldSize != 0) {
      throw new IllegalArgumentException(
          "an array of the shape "
              + array.getShape()
              + " has no "
              + worldSize
              + " equal parts along its first dimension: pad it.");
    }
  }

  @Override
  public ProcessGroup split(int color) {
    Rendezvous.Member member =
        rendezvous
            .meet(rank, "split", color, (List<Integer> colors) -> rendezvous.split(colors))
            .get(rank);
    return new InMemoryGroup(
        member.rank(), member.rendezvous().worldSize(), localRank, nodeRank, member.rendezvous());
  }

  @Override
  public void close() {}
}
