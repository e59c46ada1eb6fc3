// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.ModelInputs;
import java.util.List;
import java.util.Map;

/**
 * Joins the samples of a batch into one sequence without padding, shape [1, tokens].
 *
 * <p>{@code position_ids} begin anew with each sample, from which the model must see that samples do
 * not attend to each other. {@code labels} are those of the samples, or their {@code input_ids} where
 * they have none; the first of each sample is the separator, as no token before it may predict it.
 */
public final class DataCollatorWithFlattening implements DataCollator<Map<String, ?>> {

  private final Builder settings;

  private DataCollatorWithFlattening(Builder builder) {
    settings = builder;
  }

  /** Joins with positions from 0 on and -100 as the separator. */
  public DataCollatorWithFlattening() {
    this(new Builder());
  }

  /** Returns a builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public ModelInputs collate(List<Map<String, ?>> samples, NDManager manager) {
    int[] lengths = new int[samples.size()];
    int total = 0;
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = Fields.ints(samples.get(i), Fields.INPUT_IDS, i).length;
      total = Math.addExact(total, lengths[i]);
    }
    if (total == 0) {
      throw new IllegalArgumentException("Field 'input_ids' is empty in every sample.");
    }
    Shape shape = new Shape(1, total);
    ModelInputs inputs = tokens(samples, total, manager, shape);
    if (settings.returnPositionIds) {
      inputs = inputs.with("position_ids", manager.create(positions(lengths, total), shape));
    }
    if (settings.returnSeqIdx) {
      inputs = inputs.with("seq_idx", manager.create(sequences(lengths, total), shape));
    }
    return settings.returnFlashAttnKwargs ? withBoundaries(inputs, lengths, manager) : inputs;
  }

  private ModelInputs tokens(
      List<Map<String, ?>> samples, int total, NDManager manager, Shape shape) {
    long[] ids = new long[total];
    long[] labels = new long[total];
    boolean labeled = samples.get(0).containsKey(Fields.LABELS);
    int at = 0;
    for (int i = 0; i < samples.size(); i++) {
      int[] own = Fields.ints(samples.get(i), Fields.INPUT_IDS, i);
      int[] targets = labeled ? Fields.ints(samples.get(i), Fields.LABELS, i) : own;
      if (targets.length != own.length) {
        throw Fields.wrong(
            Fields.LABELS, i, "has " + targets.length + " entries for " + own.length + " ids");
      }
      for (int j = 0; j < own.length; j++, at++) {
        ids[at] = own[j];
        labels[at] = j == 0 ? settings.separatorId : targets[j];
      }
    }
    return ModelInputs.of(Fields.INPUT_IDS, manager.create(ids, shape))
        .with(Fields.LABELS, manager.create(labels, shape));
  }

  private long[] positions(int[] lengths, int total) {
    long[] positions = new long[total];
    int at = 0;
    for (int length : lengths) {
      for (int j = 0; j < length; j++) {
        positions[at++] = (long) settings.positionIdsStart + j;
      }
    }
    return positions;
  }

  private static int[] sequences(int[] lengths, int total) {
    int[] sequences = new int[total];
    int at = 0;
    for (int i = 0; i < lengths.length; i++) {
      for (int j = 0; j < lengths[i]; j++) {
        sequences[at++] = i;
      }
    }
    return sequences;
  }

  private static ModelInputs withBoundaries(ModelInputs inputs, int[] lengths, NDManager manager) {
    int[] boundaries = new int[lengths.length + 1];
    int longest = 0;
    for (int i = 0; i < lengths.length; i++) {
      boundaries[i + 1] = boundaries[i] + lengths[i];
      longest = Math.max(longest, lengths[i]);
    }
    return inputs
        .with("cu_seq_lens_q", manager.create(boundaries))
        .with("cu_seq_lens_k", manager.create(boundaries))
        .with("max_length_q", manager.create(longest))
        .with("max_length_k", manager.create(longest));
  }

  /** Collects the settings of a {@link DataCollatorWithFlattening}. */
  public static final class Builder {

    private boolean returnPositionIds = true;
    private int separatorId = -100;
    private boolean returnFlashAttnKwargs;
    private boolean returnSeqIdx;
    private int positionIdsStart;

    private Builder() {}

    /** Sets whether {@code position_ids}, int64 of shape [1, tokens], are made; they are by default. */
    public Builder returnPositionIds(boolean add) {
      returnPositionIds = add;
      return this;
    }

    /** Sets the label of the first token of each sample; -100 by default. */
    public Builder separatorId(int id) {
      separatorId = id;
      return this;
    }

    /**
     * Adds {@code cu_seq_lens_q} and {@code _k}, int32 of shape [samples + 1], where samples begin and
     * end, and {@code max_length_q} and {@code _k}, int32 scalars; off by default.
     */
    public Builder returnFlashAttnKwargs(boolean add) {
      returnFlashAttnKwargs = add;
      return this;
    }

    /** Adds {@code seq_idx}, int32 of shape [1, tokens]: the sample of each token; off by default. */
    public Builder returnSeqIdx(boolean add) {
      returnSeqIdx = add;
      return this;
    }

    /** Sets the position of each first token; 0 by default, 2 for RoBERTa's. */
    public Builder positionIdsStart(int start) {
      positionIdsStart = start;
      return this;
    }

    /** Makes the collator. */
    public DataCollatorWithFlattening build() {
      Builder copy = new Builder();
      copy.returnPositionIds = returnPositionIds;
      copy.separatorId = separatorId;
      copy.returnFlashAttnKwargs = returnFlashAttnKwargs;
      copy.returnSeqIdx = returnSeqIdx;
      copy.positionIdsStart = positionIdsStart;
      return new DataCollatorWithFlattening(copy);
    }
  }
}
