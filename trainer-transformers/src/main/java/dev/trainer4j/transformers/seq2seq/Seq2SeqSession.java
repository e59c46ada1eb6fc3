// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.seq2seq;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.ScriptKernels;
import dev.trainer4j.transformers.generation.DecodingSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decoding with an encoder-decoder model: one kernel call a token, over keys and values kept in
 * place. Those of the encoder are made before, and move only when rows go to another input.
 */
final class Seq2SeqSession implements DecodingSession {

  private static final int ROOM = 64;

  private final Seq2SeqSpec spec;
  private final ScriptKernels kernels;
  private final NDManager manager;
  private final List<NDArray> outer;
  private final List<NDArray> layers;
  private List<NDArray> memories;
  private List<NDArray> caches = new ArrayList<>();
  private NDArray mask;

  /** Which row of the encoder each row reads. */
  private long[] sources;

  private int past;
  private int capacity;
  private @Nullable NDArray logits;

  /**
   * Begins.
   *
   * @param manager owns what the session owns, and is closed with it
   * @param outer as the kernel {@code decode} takes them
   * @param layers tensors of all layers, one layer after the other
   * @param memories keys and values of the encoder for each layer, shape [2, rows, heads, length, width]
   * @param mask hides the padding of the encoder, shape [rows, 1, 1, length], or empty
   */
  Seq2SeqSession(
      Seq2SeqSpec spec,
      ScriptKernels kernels,
      NDManager manager,
      List<NDArray> outer,
      List<NDArray> layers,
      List<NDArray> memories,
      NDArray mask) {
    this.spec = spec;
    this.kernels = kernels;
    this.manager = manager;
    this.outer = outer;
    this.layers = layers;
    this.memories = memories;
    this.mask = mask;
    sources = same(Math.toIntExact(memories.get(0).getShape().get(1)));
  }

  private static long[] same(int rows) {
    long[] same = new long[rows];
    Arrays.setAll(same, i -> i);
    return same;
  }

  @Override
  public NDArray next(long[][] tokens) {
    int rows = tokens.length;
    int length = tokens[0].length;
    reserve(rows, past + length);
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      long[] flat = Arrays.stream(tokens).flatMapToLong(Arrays::stream).toArray();
      NDArray ids = manager.create(flat, new Shape(rows, length));
      NDArray result =
          kernels.tensor(
              manager, "decode", ids, mask, outer, layers, caches, memories, (long) past);
      if (logits != null) {
        logits.close();
      }
      logits = ArrayScope.keep(result, manager);
      past += length;
      return result;
    }
  }

  private void reserve(int rows, int total) {
    if (caches.isEmpty()) {
      capacity = total + ROOM;
      caches = allocate(rows);
    } else if (total > capacity) {
      capacity = Math.max(2 * capacity, total);
      moveCaches(same(rows));
    }
  }

  private List<NDArray> allocate(int rows) {
    List<NDArray> fresh = new ArrayList<>();
    long[] shape = {2, rows, spec.decoder().heads(), capacity, spec.headDim()};
    for (NDArray memory : memories) {
      fresh.add(ArrayScope.keep(kernels.tensor(manager, "empty_cache", memory, shape), manager));
    }
    return fresh;
  }

  @Override
  public void reorder(long[] rows) {
    moveCaches(rows);
    long[] moved = Arrays.stream(rows).map(row -> sources[(int) row]).toArray();
    if (!Arrays.equals(moved, sources)) {
      moveMemories(rows);
      sources = moved;
    }
  }

  /** Copies rows of the caches, in place where their number and capacity stay. */
  private void moveCaches(long[] rows) {
    Shape shape = caches.get(0).getShape();
    boolean inPlace = shape.get(1) == rows.length && shape.get(3) == capacity;
    List<NDArray> targets = inPlace ? caches : allocate(rows.length);
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      kernels.run("reorder", caches, targets, manager.create(rows), (long) past);
    }
    if (!inPlace) {
      caches.forEach(NDArray::close);
      caches = targets;
    }
  }

  private void moveMemories(long[] rows) {
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      NDArray indices = manager.create(rows);
      List<NDArray> moved = new ArrayList<>();
      for (NDArray memory : memories) {
        moved.add(ArrayScope.keep(kernels.tensor(manager, "rows", memory, indices, 1L), manager));
        memory.close();
      }
      memories = moved;
      if (mask.size() > 0) {
        NDArray picked =
            ArrayScope.keep(kernels.tensor(manager, "rows", mask, indices, 0L), manager);
        mask.close();
        mask = picked;
      }
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
