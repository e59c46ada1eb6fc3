// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.BatchPosition;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * Pads tokenized texts and makes what a model of permuted order (XLNet) learns from.
 *
 * <p>Spans of 1 to {@code maxSpanLength} tokens are hidden by the mask token, each within a stretch of
 * {@code 1 / plmProbability} times its length; special tokens and padding never are. The batch has
 *
 * <ul>
 *   <li>{@code input_ids}, int64 of shape [samples, tokens];
 *   <li>{@code perm_mask}, float32 of shape [samples, tokens, tokens]: 1 where token i may not attend to token
 *       j, because j is hidden and does not come before i in an order that is drawn for each sample;
 *   <li>{@code target_mapping}, float32 of shape [samples, tokens, tokens], the identity: what is foretold at a
 *       place is its own token;
 *   <li>{@code labels}, int64 of shape [samples, tokens], -100 where nothing is hidden.
 * </ul>
 *
 * <p>Other fields of the samples are left out. Both halves of a text have the same order, since a model
 * that reuses its memory has seen the first; so lengths must be even: see {@link PaddingOptions#padToMultipleOf}.
 * What is drawn depends on the seed and the position of the sample in the run alone.
 */
public final class DataCollatorForPermutationLanguageModeling
    implements DataCollator<Map<String, ?>> {

  private final TokenPadding padding;
  private final PermutedSpans spans;
  private final Set<Integer> specialIds;
  private final int padTokenId;
  private final int maskTokenId;
  private final long seed;

  private DataCollatorForPermutationLanguageModeling(Builder builder, int maskTokenId) {
    padding = new TokenPadding(builder.tokenizer, builder.padding);
    spans = new PermutedSpans(builder.plmProbability, builder.maxSpanLength);
    specialIds = new TreeSet<>(builder.tokenizer.specialTokenIds());
    for (SpecialToken role : SpecialToken.values()) {
      builder.tokenizer.specialTokenId(role).ifPresent(specialIds::add);
    }
    padTokenId = builder.tokenizer.padTokenId();
    this.maskTokenId = maskTokenId;
    seed = builder.seed;
  }

  /**
   * Makes a collator with the defaults, which pads to an even length.
   *
   * @throws IllegalArgumentException if the tokenizer has no mask token
   */
  public static DataCollatorForPermutationLanguageModeling of(PretrainedTokenizer tokenizer) {
    return builder(tokenizer).build();
  }

  /** Returns a builder with the defaults. */
  public static Builder builder(PretrainedTokenizer tokenizer) {
    return new Builder(tokenizer);
  }

  @Override
  public Optional<ProcessingClass> processingClass() {
    return padding.processingClass();
  }

  /** Collates as at the start of a run. */
  @Override
  public ModelInputs collate(List<Map<String, ?>> samples, NDManager manager) {
    return collate(samples, manager, new BatchPosition(0, 0));
  }

  @Override
  public ModelInputs collate(
      List<Map<String, ?>> samples, NDManager manager, BatchPosition position) {
    long[] ids = padded(samples, manager);
    int rows = samples.size();
    int length = ids.length / rows;
    if (length % 2 != 0) {
      throw new IllegalArgumentException(
          "the texts of the batch have "
              + length
              + " tokens, but an order that leaks nothing needs an even number: pad with"
              + " PaddingOptions.longest().padToMultipleOf(2)");
    }
    long[] labels = new long[ids.length];
    Arrays.fill(labels, TokenMasking.IGNORED);
    float[] permuted = new float[ids.length * length];
    float[] mapping = new float[ids.length * length];
    for (int row = 0; row < rows; row++) {
      SplittableRandom random = TokenMasking.random(seed, position, row);
      boolean[] functional = functional(ids, row * length, length);
      boolean[] hidden = spans.hidden(length, functional, random);
      boolean[] blocked =
          PermutedSpans.blocked(hidden, functional, PermutedSpans.order(length / 2, random));
      for (int i = 0; i < length; i++) {
        int at = row * length + i;
        mapping[at * length + i] = 1;
        for (int j = 0; j < length; j++) {
          permuted[at * length + j] = blocked[i * length + j] ? 1 : 0;
        }
        if (hidden[i]) {
          labels[at] = ids[at];
          ids[at] = maskTokenId;
        }
      }
    }
    return ModelInputs.empty()
        .with(Fields.INPUT_IDS, manager.create(ids, new Shape(rows, length)))
        .with("perm_mask", manager.create(permuted, new Shape(rows, length, length)))
        .with("target_mapping", manager.create(mapping, new Shape(rows, length, length)))
        .with(Fields.LABELS, manager.create(labels, new Shape(rows, length)));
  }

  private long[] padded(List<Map<String, ?>> samples, NDManager manager) {
    List<Map<String, Object>> ids = new ArrayList<>(samples.size());
    for (int i = 0; i < samples.size(); i++) {
      ids.add(Map.of(Fields.INPUT_IDS, Fields.ints(samples.get(i), Fields.INPUT_IDS, i)));
    }
    return padding.pad(ids, manager).get(Fields.INPUT_IDS).toLongArray();
  }

  private boolean[] functional(long[] ids, int from, int length) {
    boolean[] functional = new boolean[length];
    for (int i = 0; i < length; i++) {
      long id = ids[from + i];
      functional[i] = id == padTokenId || specialIds.contains((int) id);
    }
    return functional;
  }

  /** Collects the settings of a {@link DataCollatorForPermutationLanguageModeling}. */
  public static final class Builder {

    private final PretrainedTokenizer tokenizer;
    private PaddingOptions padding = PaddingOptions.longest().padToMultipleOf(2);
    private double plmProbability = 1 / 6.0;
    private int maxSpanLength = 5;
    private long seed = 42;

    private Builder(PretrainedTokenizer tokenizer) {
      this.tokenizer = tokenizer;
    }

    /** Sets the share of a stretch that its hidden span takes, in (0, 1]; 1/6 by default. */
    public Builder plmProbability(double probability) {
      plmProbability = probability;
      return this;
    }

    /** Sets the greatest length of a hidden span, at least 1; 5 by default. */
    public Builder maxSpanLength(int length) {
      maxSpanLength = length;
      return this;
    }

    /** Sets how far samples are filled up; by default to the longest, rounded up to an even number. */
    public Builder padding(PaddingOptions options) {
      padding = options;
      return this;
    }

    /** Sets the seed of what is drawn; 42 by default. */
    public Builder seed(long newSeed) {
      seed = newSeed;
      return this;
    }

    /**
     * Makes the collator.
     *
     * @throws IllegalArgumentException if a setting is out of its range, or the tokenizer has no mask token
     */
    public DataCollatorForPermutationLanguageModeling build() {
      if (!(plmProbability > 0 && plmProbability <= 1)) {
        throw new IllegalArgumentException(
            "plmProbability is " + plmProbability + ": expected above 0, up to 1.");
      }
      if (maxSpanLength < 1) {
        throw new IllegalArgumentException(
            "maxSpanLength is " + maxSpanLength + ": expected at least 1.");
      }
      int mask =
          tokenizer
              .specialTokenId(SpecialToken.MASK)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "the tokenizer has no mask_token, by which spans are hidden: choose one with"
                              + " withSpecialToken(MASK, token)."));
      return new DataCollatorForPermutationLanguageModeling(this, mask);
    }
  }
}
