// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fills sequences up to the longest one of the batch and stacks them; other fields are stacked as
 * {@link DefaultDataCollator} does.
 *
 * <pre>{@code
 * PaddingCollator.builder()
 *     .paddingValue("input_ids", tokenizer.padTokenId())
 *     .attentionMask("attention_mask", "input_ids")
 *     .padToMultipleOf(8)
 *     .build();
 * }</pre>
 *
 * <p>Every field whose values are one-dimensional is a sequence, unless {@link
 * Builder#sequenceFields} names them. {@code labels} are padded with -100, which losses ignore,
 * everything else with 0 unless told otherwise.
 */
public final class PaddingCollator implements DataCollator<Map<String, ?>> {

  /** The end of a sequence that is filled up. */
  public enum Side {
    /** Padding before the sequence, as for generation. */
    LEFT,
    /** Padding behind the sequence. */
    RIGHT
  }

  private final Map<String, Number> paddingValues;
  private final Set<String> sequenceFields;
  private final Side side;
  private final int multipleOf;
  private final int length;
  private final @Nullable String maskName;
  private final @Nullable String maskedField;

  private PaddingCollator(Builder builder) {
    paddingValues = Map.copyOf(builder.paddingValues);
    sequenceFields = Set.copyOf(builder.sequenceFields);
    side = builder.side;
    multipleOf = builder.multipleOf;
    length = builder.length;
    maskName = builder.maskName;
    maskedField = builder.maskedField;
  }

  /** Returns a builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public ModelInputs collate(List<Map<String, ?>> samples, NDManager manager) {
    Map<String, Column> columns = SampleFields.columns(samples);
    requireFields(columns);
    ModelInputs inputs = ModelInputs.empty();
    for (Map.Entry<String, Column> entry : columns.entrySet()) {
      String name = entry.getKey();
      Column column = entry.getValue();
      inputs =
          inputs.with(
              name, isPadded(name, column) ? pad(name, column, manager) : column.stack(manager));
      if (maskName != null && name.equals(maskedField)) {
        inputs = inputs.with(maskName, mask(column, manager));
      }
    }
    return inputs;
  }

  private boolean isPadded(String name, Column column) {
    return column.isSequence() && (sequenceFields.isEmpty() || sequenceFields.contains(name));
  }

  private NDArray pad(String name, Column column, NDManager manager) {
    Number otherwise = name.equals(SampleFields.LABELS) ? -100 : 0;
    Number padding = paddingValues.getOrDefault(name, otherwise);
    return column.pad(manager, width(column), padding, side == Side.LEFT);
  }

  private NDArray mask(Column column, NDManager manager) {
    Column ones = new Column(column.field(), column.rows());
    for (int row = 0; row < column.rows(); row++) {
      int[] mask = new int[column.length(row)];
      Arrays.fill(mask, 1);
      ones.add(mask);
    }
    return ones.pad(manager, width(column), 0, side == Side.LEFT);
  }

  /** The longest length or the one asked for, rounded up to the wanted multiple. */
  private int width(Column column) {
    int longest = Math.max(length, column.longest());
    return Math.multiplyExact((longest + multipleOf - 1) / multipleOf, multipleOf);
  }

  private void requireFields(Map<String, Column> columns) {
    Set<String> wanted = new LinkedHashSet<>(sequenceFields);
    if (maskedField != null) {
      wanted.add(maskedField);
    }
    for (String name : wanted) {
      Column column = columns.get(name);
      if (column == null || !column.isSequence()) {
        throw new IllegalArgumentException(
            String.format(
                "PaddingCollator expects a sequence in the field '%s', which %s. The samples have"
                    + " %s.",
                name, column == null ? "is not there" : "holds something else", columns.keySet()));
      }
    }
    if (maskName != null && columns.containsKey(maskName)) {
      throw new IllegalArgumentException(
          "The samples have the field '"
              + maskName
              + "' already: leave out attentionMask(...) of the PaddingCollator, or drop the"
              + " field.");
    }
  }

  /** Collects the settings of a {@link PaddingCollator}. */
  public static final class Builder {

    private final Map<String, Number> paddingValues = new HashMap<>();
    private final Set<String> sequenceFields = new LinkedHashSet<>();
    private Side side = Side.RIGHT;
    private int multipleOf = 1;
    private int length;
    private @Nullable String maskName;
    private @Nullable String maskedField;

    private Builder() {}

    /** Sets the value that fills up a field; by default -100 for {@code labels} and else 0. */
    public Builder paddingValue(String field, Number value) {
      paddingValues.put(field, value);
      return this;
    }

    /** Sets the end that is filled up; {@link Side#RIGHT} by default. */
    public Builder side(Side newSide) {
      side = newSide;
      return this;
    }

    /** Rounds the padded length up to a multiple of this, for tensor cores; 1 by default. */
    public Builder padToMultipleOf(int length) {
      multipleOf = length;
      return this;
    }

    /**
     * Pads to at least this length, so that all batches have one shape; by default only to the
     * longest sequence of the batch. Longer sequences stay as they are.
     */
    public Builder padToLength(int newLength) {
      length = newLength;
      return this;
    }

    /**
     * Adds a mask with 1 where a field has elements and 0 where it is padded; none by default.
     *
     * @param name the name of the mask, such as {@code attention_mask}
     * @param ofField the padded field, such as {@code input_ids}
     */
    public Builder attentionMask(String name, String ofField) {
      maskName = name;
      maskedField = ofField;
      return this;
    }

    /** Pads only these fields; by default every field of one-dimensional values. */
    public Builder sequenceFields(String... names) {
      sequenceFields.addAll(List.of(names));
      return this;
    }

    /**
     * Makes the collator.
     *
     * @throws IllegalArgumentException if the multiple is below 1 or the length below 0
     */
    public PaddingCollator build() {
      if (length < 0) {
        throw new IllegalArgumentException("padToLength is " + length + ": give at least 0.");
      }
      if (multipleOf < 1) {
        throw new IllegalArgumentException(
            "padToMultipleOf is " + multipleOf + ": give a length of at least 1.");
      }
      return new PaddingCollator(this);
    }
  }
}
