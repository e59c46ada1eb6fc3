// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts an encoded text or pair, as the tokenizers library does before it adds special tokens.
 *
 * <p>Here the special tokens are there already: they stay, and tokens of the texts are left out. The
 * native tokenizer can cut too, but keeps how to in its state, which threads would share.
 */
final class Windows {

  /** A part of a text: tokens from {@code start} to before {@code stop}. */
  private record Range(int start, int stop) {}

  private final TokenizedText text;
  private final EncodeOptions options;
  private final int limit;
  private final Side side;
  private final int[] lengths = new int[2];
  private final int room;

  Windows(TokenizedText text, EncodeOptions options, int limit, Side side) {
    this.text = text;
    this.options = options;
    this.limit = limit;
    this.side = side;
    int added = 0;
    for (int sequence : text.sequenceIds()) {
      if (sequence == TokenizedText.NONE) {
        added++;
      } else {
        lengths[sequence]++;
      }
    }
    room = limit - added;
    if (room < 0) {
      throw new TokenizerException(
          "maxLength is " + limit + ", but special tokens alone are " + added + ": give more.");
    }
  }

  /** The whole, or its first piece. */
  TokenizedText first() {
    return text.length() <= limit ? text : piece(kept());
  }

  /** All pieces of one text; the other text of a pair is in each. */
  List<TokenizedText> all() {
    if (text.length() <= limit) {
      return List.of(text);
    }
    int cut = cutSequence();
    int size = lengths[cut] - (lengths[0] + lengths[1] - room);
    requireSize(cut, size);
    if (options.stride() >= size) {
      throw new TokenizerException(
          "stride is "
              + options.stride()
              + ", but a piece has only "
              + size
              + " tokens of the text: give a smaller stride, or a larger maxLength.");
    }
    List<TokenizedText> pieces = new ArrayList<>();
    for (Range range : ranges(lengths[cut], size)) {
      Range[] both = {new Range(0, lengths[0]), new Range(0, lengths[1])};
      both[cut] = range;
      pieces.add(piece(both));
    }
    return pieces;
  }

  private int cutSequence() {
    boolean pair = lengths[1] > 0;
    if (pair && options.truncation() == TruncationStrategy.LONGEST_FIRST) {
      throw new TokenizerException(
          "truncation LONGEST_FIRST cuts both texts of a pair, which leaves no pieces to go"
              + " through: use ONLY_FIRST or ONLY_SECOND.");
    }
    return options.truncation() == TruncationStrategy.ONLY_SECOND ? 1 : 0;
  }

  private List<Range> ranges(int length, int size) {
    List<Range> ranges = new ArrayList<>();
    int step = size - options.stride();
    if (side == Side.RIGHT) {
      for (int start = 0; ; start += step) {
        int stop = Math.min(start + size, length);
        ranges.add(new Range(start, stop));
        if (stop == length) {
          return ranges;
        }
      }
    }
    for (int stop = length; ; stop -= step) {
      int start = Math.max(0, stop - size);
      ranges.add(new Range(start, stop));
      if (start == 0) {
        return ranges;
      }
    }
  }

  private Range[] kept() {
    int excess = lengths[0] + lengths[1] - room;
    int[] sizes =
        switch (options.truncation()) {
          case DO_NOT_TRUNCATE -> throw new AssertionError("nothing is cut");
          case LONGEST_FIRST -> longestFirst();
          case ONLY_FIRST -> new int[] {lengths[0] - excess, lengths[1]};
          case ONLY_SECOND -> new int[] {lengths[0], lengths[1] - excess};
        };
    Range[] ranges = new Range[2];
    for (int i = 0; i < 2; i++) {
      if (options.truncation() != TruncationStrategy.LONGEST_FIRST && sizes[i] < lengths[i]) {
        requireSize(i, sizes[i]);
      }
      ranges[i] =
          side == Side.RIGHT
              ? new Range(0, sizes[i])
              : new Range(lengths[i] - sizes[i], lengths[i]);
    }
    return ranges;
  }

  /** The sizes of the tokenizers library: the shorter text is cut only below half of the room. */
  private int[] longestFirst() {
    int shorter = Math.min(lengths[0], lengths[1]);
    int longer = Math.max(shorter, room - shorter);
    if (shorter + longer > room) {
      shorter = room / 2;
      longer = room - shorter;
    }
    return lengths[0] > lengths[1] ? new int[] {longer, shorter} : new int[] {shorter, longer};
  }

  private void requireSize(int sequence, int size) {
    if (size <= 0) {
      throw new TokenizerException(
          "the "
              + (sequence == 0 ? "first" : "second")
              + " text has "
              + lengths[sequence]
              + " tokens, too few to cut "
              + text.length()
              + " tokens down to "
              + limit
              + ": use LONGEST_FIRST, or a larger maxLength.");
    }
  }

  private TokenizedText piece(Range[] ranges) {
    int[] kept = new int[text.length()];
    int count = 0;
    int[] ranks = new int[2];
    for (int token = 0; token < text.length(); token++) {
      int sequence = text.sequenceIds()[token];
      if (sequence == TokenizedText.NONE) {
        kept[count++] = token;
        continue;
      }
      int rank = ranks[sequence]++;
      if (rank >= ranges[sequence].start() && rank < ranges[sequence].stop()) {
        kept[count++] = token;
      }
    }
    return text.select(Arrays.copyOf(kept, count));
  }
}
