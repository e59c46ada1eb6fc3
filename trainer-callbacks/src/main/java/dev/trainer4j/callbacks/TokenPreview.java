// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One sequence of tokens as text, with the labels marked. */
final class TokenPreview {

  private static final long IGNORED = -100;

  private final long[] ids;
  private final long @Nullable [] labels;
  private final Function<long[], String> decoder;
  private final int padding;
  private final int masked;

  /**
   * Takes a sequence.
   *
   * @param mask 0 where there is padding; null if there is none
   * @param labels one for each token; null if they are of another kind
   */
  TokenPreview(
      long[] ids,
      long @Nullable [] mask,
      long @Nullable [] labels,
      Function<long[], String> decoder) {
    boolean[] kept = new boolean[ids.length];
    for (int i = 0; i < ids.length; i++) {
      kept[i] = mask == null || mask.length != ids.length || mask[i] != 0;
      // Padding that is learned from is just what must be seen.
      kept[i] |= labels != null && labels[i] != IGNORED;
    }
    this.ids = keep(ids, kept);
    this.labels = labels == null ? null : keep(labels, kept);
    this.decoder = decoder;
    padding = ids.length - this.ids.length;
    masked =
        labels == null ? 0 : (int) Arrays.stream(labels).filter(label -> label == IGNORED).count();
  }

  private static long[] keep(long[] values, boolean[] kept) {
    long[] all = new long[values.length];
    int count = 0;
    for (int i = 0; i < values.length; i++) {
      if (kept[i]) {
        all[count++] = values[i];
      }
    }
    return Arrays.copyOf(all, count);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    int start = 0;
    for (int i = 1; i <= ids.length; i++) {
      if (i == ids.length || kind(i) != kind(start)) {
        append(text, start, i);
        start = i;
      }
    }
    text.append("  [").append(ids.length).append(" tokens");
    if (padding > 0) {
      text.append(", ").append(padding).append(" of padding not shown");
    }
    if (labels != null) {
      text.append(", ").append(masked).append(" labels are ").append(IGNORED);
    }
    return text.append(']').toString();
  }

  /** 0 without a label, 1 with the token itself as label, 2 with another one. */
  private int kind(int index) {
    if (labels == null || labels[index] == IGNORED) {
      return 0;
    }
    return labels[index] == ids[index] ? 1 : 2;
  }

  private void append(StringBuilder text, int from, int to) {
    boolean ignored = kind(from) == 0;
    long[] run = Arrays.copyOfRange(ids, from, to);
    // In a row of labels alone there is no text behind the -100.
    if (ignored && Arrays.stream(run).allMatch(id -> id == IGNORED)) {
      return;
    }
    String decoded = decoder.apply(run);
    if (ignored) {
      text.append(decoded);
    } else if (kind(from) == 1) {
      text.append('«').append(decoded).append('»');
    } else {
      long[] targets = labels == null ? run : Arrays.copyOfRange(labels, from, to);
      text.append('«').append(decoded).append(" -> ").append(decoder.apply(targets)).append('»');
    }
  }
}
