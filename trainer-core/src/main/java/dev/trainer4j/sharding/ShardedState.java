// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.CheckpointMismatchException;
import dev.trainer4j.checkpoint.SafetensorsType;
import dev.trainer4j.checkpoint.TensorPiece;
import dev.trainer4j.checkpoint.TensorPieces;
import dev.trainer4j.checkpoint.TensorSource;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.TorchFunctions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Named tensors of which each rank holds pieces, such as the state of an optimizer that is shared out: written
 * piece by piece or gathered tensor by tensor, and read by any number of ranks.
 *
 * <p>A tensor is {@code <parameter>.<slot>}: of the parameter's shape, and cut as it, or one number, which every
 * owner of the parameter holds and the first of them writes.
 */
public final class ShardedState {

  /**
   * A tensor of the state of all ranks.
   *
   * @param name in checkpoints
   * @param parameter whose state it is
   * @param isNumber whether it is one number for the whole parameter
   * @param type of its elements
   */
  private record Entry(String name, FlatParameter parameter, boolean isNumber, DataType type) {

    Shape shape() {
      return isNumber ? new Shape() : parameter.shape();
    }
  }

  private final ShardLayout layout;
  private final Map<String, NDArray> own;
  private final ProcessGroup ranks;
  private final NDManager manager;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private ShardedState(
      ShardLayout layout, Map<String, NDArray> own, ProcessGroup ranks, NDManager manager) {
    this.layout = layout;
    this.own = own;
    this.ranks = ranks;
    this.manager = manager;
    Set<String> lines = new LinkedHashSet<>();
    own.forEach((name, array) -> lines.add(line(name, array)));
    Map<String, FlatParameter> parameters = new LinkedHashMap<>();
    layout.parameters().forEach(parameter -> parameters.put(parameter.name(), parameter));
    Set<String> all = new TreeSet<>();
    for (String ofRank : ranks.allGather(String.join("\n", lines))) {
      ofRank.lines().forEach(all::add);
    }
    for (String line : all) {
      String[] parts = line.split("\t", 3);
      FlatParameter parameter = parameters.get(parameterOf(parts[0]));
      if (parameter != null) {
        entries.put(
            parts[0],
            new Entry(
                parts[0], parameter, Boolean.parseBoolean(parts[1]), DataType.valueOf(parts[2])));
      }
    }
  }

  /**
   * Describes the state of all ranks. A collective.
   *
   * @param own what this rank has, by {@code <parameter>.<slot>}; vectors of slices, and numbers
   * @param manager owns what is gathered, on the device that ranks exchange arrays of
   */
  public static ShardedState of(
      ShardLayout layout, Map<String, NDArray> own, ProcessGroup ranks, NDManager manager) {
    return new ShardedState(layout, own, ranks, manager);
  }

  private static String line(String name, NDArray array) {
    return name + "\t" + (array.getShape().dimension() == 0) + "\t" + array.getDataType().name();
  }

  private static String parameterOf(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('.')));
  }

  /** The owners of a tensor, in the order of its elements: of a number the first one. */
  private List<ShardLayout.Owned> owners(Entry entry) {
    List<ShardLayout.Owned> owners = layout.owners(entry.parameter().name());
    return entry.isNumber() && !owners.isEmpty() ? owners.subList(0, 1) : owners;
  }

  private @Nullable ShardSlice ownSlice(Entry entry) {
    for (ShardLayout.Owned owned : layout.owners(entry.parameter().name())) {
      if (owned.rank() == layout.rank()) {
        return owned.slice();
      }
    }
    return null;
  }

  /** Returns what this rank writes of the tensors; all ranks' pieces cover each tensor once. */
  public List<TensorPiece> pieces() {
    List<TensorPiece> pieces = new ArrayList<>();
    for (Entry entry : entries.values()) {
      for (ShardLayout.Owned owned : owners(entry)) {
        NDArray array = owned.rank() == layout.rank() ? own.get(entry.name()) : null;
        if (array != null) {
          long start = entry.isNumber() ? 0 : owned.slice().start();
          pieces.add(TensorPiece.of(entry.name(), entry.shape(), start, array));
        }
      }
    }
    return pieces;
  }

  /** What writes gathered tensors. */
  @FunctionalInterface
  public interface GatheredWriter {
    /**
     * Writes the tensors, in whatever order; each is gathered when its content is asked for.
     *
     * @throws IOException if they cannot be written
     */
    void write(List<TensorSource> tensors) throws IOException;
  }

  /**
   * Gathers all tensors for rank 0, piece by piece. A collective, which all ranks leave, also if rank 0 cannot
   * write. No rank holds more than a piece of another.
   *
   * @param writer called on rank 0 alone
   * @throws IOException on rank 0, if it cannot write
   */
  public void gather(GatheredWriter writer) throws IOException {
    Agreement agreement = new Agreement(ranks);
    if (!ranks.isMain()) {
      String next = agreement.asMainSays("");
      while (!next.isEmpty()) {
        visit(entry(next), piece -> {});
        next = agreement.asMainSays("");
      }
      return;
    }
    try {
      writer.write(entries.values().stream().map(entry -> source(entry, agreement)).toList());
    } finally {
      String unused = agreement.asMainSays("");
    }
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new IllegalStateException(
          "rank 0 asks for " + name + ", which this rank does not know");
    }
    return entry;
  }

  private TensorSource source(Entry entry, Agreement agreement) {
    SafetensorsType type = SafetensorsType.of(entry.type()).orElseThrow();
    return new TensorSource(
        entry.name(),
        type,
        entry.shape(),
        channel -> {
          String unused = agreement.asMainSays(entry.name());
          visit(entry, piece -> TensorSource.of(entry.name(), piece).content().writeTo(channel));
        });
  }

  /** Does something with a piece. */
  @FunctionalInterface
  private interface PieceAction {
    void accept(NDArray piece) throws IOException;
  }

  /** Shows all ranks the pieces of a tensor in their order; an action that fails leaves none of them waiting. */
  private void visit(Entry entry, PieceAction action) throws IOException {
    IOException failure = null;
    for (ShardLayout.Owned owned : owners(entry)) {
      try (ArrayScope scope = ArrayScope.open()) {
        NDArray piece = shown(entry, owned);
        if (failure == null) {
          action.accept(piece);
        }
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** A piece as its owner has it, on every rank. */
  private NDArray shown(Entry entry, ShardLayout.Owned owned) {
    NDArray mine = owned.rank() == layout.rank() ? own.get(entry.name()) : null;
    NDArray piece = mine;
    if (piece == null || !piece.getDevice().equals(manager.getDevice())) {
      Shape shape = entry.isNumber() ? new Shape() : new Shape(owned.slice().length());
      piece = manager.zeros(shape, entry.type());
      if (mine != null) {
        TorchFunctions.copy(List.of(piece), List.of(mine));
      }
    }
    ranks.broadcast(piece, owned.rank());
    return piece;
  }

  /**
   * Gives the owners in another layout what they need of this one, for the tensors that both have. A
   * collective.
   */
  public void moveTo(ShardedState target) {
    for (Entry entry : target.entries.values()) {
      Entry known = entries.get(entry.name());
      if (known != null && known.shape().equals(entry.shape()) && known.type() == entry.type()) {
        move(known, entry, target);
      }
    }
  }

  private void move(Entry known, Entry entry, ShardedState target) {
    NDArray to = target.own.get(entry.name());
    ShardSlice wanted = target.ownSlice(entry);
    for (ShardLayout.Owned owned : owners(known)) {
      try (ArrayScope scope = ArrayScope.open()) {
        NDArray piece = shown(known, owned);
        if (to != null && wanted != null) {
          copyOverlap(piece, entry.isNumber() ? null : owned.slice(), to, wanted);
        }
      }
    }
  }

  private static void copyOverlap(
      NDArray piece, @Nullable ShardSlice from, NDArray to, ShardSlice wanted) {
    if (from == null) {
      TorchFunctions.copy(List.of(to), List.of(piece));
      return;
    }
    long start = Math.max(from.start(), wanted.start());
    long end = Math.min(from.end(), wanted.end());
    if (start < end) {
      TorchFunctions.copy(
          List.of(to.get(range(start - wanted.start(), end - wanted.start()))),
          List.of(piece.get(range(start - from.start(), end - from.start()))));
    }
  }

  private static NDIndex range(long start, long end) {
    return new NDIndex().addSliceDim(start, end);
  }

  /**
   * Reads what this rank owns, by however many ranks it was written.
   *
   * @throws CheckpointMismatchException if names or shapes differ; nothing has been copied then
   * @throws IOException if a file cannot be read
   */
  public void read(TensorPieces files) throws IOException {
    requireAlike(files);
    for (Entry entry : entries.values()) {
      NDArray to = own.get(entry.name());
      ShardSlice slice = ownSlice(entry);
      if (to != null && slice != null) {
        try (ArrayScope scope = ArrayScope.open();
            NDManager host = manager.newSubManager(Device.cpu())) {
          NDArray saved =
              entry.isNumber()
                  ? files.read(entry.name(), host)
                  : files.read(entry.name(), slice.start(), slice.end(), host);
          TorchFunctions.copy(List.of(to), List.of(saved));
        }
      }
    }
  }

  private void requireAlike(TensorPieces files) throws IOException {
    List<String> problems = new ArrayList<>();
    for (Entry entry : entries.values()) {
      if (!files.names().contains(entry.name())) {
        problems.add("missing " + entry.name() + " " + entry.shape());
      } else if (!files.info(entry.name()).shape().equals(entry.shape())) {
        problems.add(
            entry.name()
                + " is "
                + files.info(entry.name()).shape()
                + " in the file and "
                + entry.shape()
                + " here");
      }
    }
    files.names().stream()
        .filter(name -> !entries.containsKey(name))
        .forEach(name -> problems.add("unexpected " + name));
    if (!problems.isEmpty()) {
      throw CheckpointMismatchException.of(files.source(), "optimizer", problems);
    }
  }
}
