// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.ScriptKernels;
import dev.trainer4j.transformers.architecture.KernelWeights;
import dev.trainer4j.transformers.generation.DecodingSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decoding with a decoder-only model: one kernel call a token, over keys and values kept in place.
 *
 * <p>The caches are allocated with room to spare and doubled when full, so a step copies nothing but its own keys and
 * values.
 */
final class DecoderSession implements DecodingSession {

  private static final int ROOM = 64;

  private final DecoderSpec spec;
  private final DecoderKernels kernels;
  private final ScriptKernels script;
  private final List<NDArray> outer;
  private final List<NDArray> layers;
  private final double[] options;
  private final NDManager manager;
  private final List<NDArray> caches = new ArrayList<>();
  private boolean[][] visible;
  private boolean padded;
  private int past;
  private int capacity;
  private @Nullable NDArray logits;

  DecoderSession(
      DecoderSpec spec,
      DecoderKernels kernels,
      @Nullable HalfType products,
      KernelWeights outer,
      KernelWeights layers,
      long @Nullable [][] attentionMask) {
    this.spec = spec;
    this.kernels = kernels;
    script = kernels.script(layers.layout()).in(products);
    this.outer = outer.arrays();
    this.layers = layers.arrays();
    options = kernels.allOptions();
    manager = this.outer.get(0).getManager().newSubManager();
    visible = new boolean[0][];
    if (attentionMask != null) {
      visible =
          Arrays.stream(attentionMask).map(DecoderSession::booleans).toArray(boolean[][]::new);
      padded =
          Arrays.stream(attentionMask).flatMapToLong(Arrays::stream).anyMatch(seen -> seen == 0);
    }
  }

  private static boolean[] booleans(long[] row) {
    boolean[] seen = new boolean[row.length];
    for (int i = 0; i < row.length; i++) {
      seen[i] = row[i] != 0;
    }
    return seen;
  }

  @Override
  public NDArray next(long[][] tokens) {
    int rows = tokens.length;
    int length = tokens[0].length;
    int total = past + length;
    see(rows, total);
    reserve(rows, total);
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      NDArray ids = manager.create(flat(tokens), new Shape(rows, length));
      NDArray result =
          script.tensor(
              manager,
              "decode",
              ids,
              manager.create(positions(rows, length), new Shape(rows, length)),
              padded ? mask(rows, total) : kernels.absent(),
              kernels.table(total, manager),
              outer,
              layers,
              options,
              caches,
              (long) past,
              kernels.scale());
      if (logits != null) {
        logits.close();
      }
      logits = ArrayScope.keep(result, manager);
      past = total;
      return result;
    }
  }

  /** New positions are seen; rows that were there keep what they know. */
  private void see(int rows, int total) {
    if (!padded) {
      return; // Then everything is.
    }
    boolean[][] grown = new boolean[rows][];
    for (int i = 0; i < rows; i++) {
      int known = i < visible.length ? visible[i].length : 0;
      grown[i] =
          known == 0 ? new boolean[total] : Arrays.copyOf(visible[i], Math.max(known, total));
      Arrays.fill(grown[i], Math.min(known, total), total, true);
    }
    visible = grown;
  }

  /** Positions count what is seen, as in transformers: padding on the left has no position of its own. */
  private long[] positions(int rows, int length) {
    long[] positions = new long[rows * length];
    if (!padded) {
      Arrays.setAll(positions, i -> past + i % length);
      return positions;
    }
    for (int i = 0; i < rows; i++) {
      long count = -1;
      for (int j = 0; j < past + length; j++) {
        count += visible[i][j] ? 1 : 0;
        if (j >= past) {
          positions[i * length + j - past] = visible[i][j] ? count : 1;
        }
      }
    }
    return positions;
  }

  private NDArray mask(int rows, int total) {
    boolean[] flat = new boolean[rows * total];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(visible[i], 0, flat, i * total, total);
    }
    return manager.create(flat, new Shape(rows, total));
  }

  private static long[] flat(long[][] rows) {
    return Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
  }

  private void reserve(int rows, int total) {
    if (caches.isEmpty()) {
      capacity = total + ROOM;
      caches.addAll(allocate(rows));
    } else if (total > capacity) {
      capacity = Math.max(2 * capacity, total);
      long[] same = new long[rows];
      Arrays.setAll(same, i -> i);
      move(same);
    }
  }

  private List<NDArray> allocate(int rows) {
    List<NDArray> fresh = new ArrayList<>();
    for (int i = 0; i < spec.layers(); i++) {
      long[] shape = {2, rows, spec.keyValueHeads(), capacity, spec.headDim()};
      NDArray cache = script.tensor(manager, "empty_cache", outer.get(0), shape);
      fresh.add(ArrayScope.keep(cache, manager));
    }
    return fresh;
  }

  @Override
  public void reorder(long[] rows) {
    if (padded) {
      boolean[][] moved = new boolean[rows.length][];
      for (int i = 0; i < rows.length; i++) {
        moved[i] = visible[(int) rows[i]].clone();
      }
      visible = moved;
    }
    move(rows);
  }

  /** Copies rows of the caches, in place where their number and capacity stay. */
  private void move(long[] rows) {
    Shape shape = caches.get(0).getShape();
    boolean inPlace = shape.get(1) == rows.length && shape.get(3) == capacity;
    List<NDArray> targets = inPlace ? caches : allocate(rows.length);
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      script.run("reorder", List.copyOf(caches), targets, manager.create(rows), (long) past);
    }
    if (!inPlace) {
      caches.forEach(NDArray::close);
      caches.clear();
      caches.addAll(targets);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
