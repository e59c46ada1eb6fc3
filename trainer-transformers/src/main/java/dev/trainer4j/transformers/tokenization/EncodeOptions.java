// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import org.jspecify.annotations.Nullable;

/**
 * How a text is turned into ids.
 *
 * <pre>{@code
 * EncodeOptions options = EncodeOptions.builder().truncation(LONGEST_FIRST).maxLength(128).build();
 * }</pre>
 */
public final class EncodeOptions {

  private static final EncodeOptions DEFAULTS = builder().build();

  private final boolean addSpecialTokens;
  private final TruncationStrategy truncation;
  private final int maxLength;
  private final int stride;
  private final @Nullable Side truncationSide;
  private final boolean verbose;

  private EncodeOptions(Builder builder) {
    addSpecialTokens = builder.addSpecialTokens;
    truncation = builder.truncation;
    maxLength = builder.maxLength;
    stride = builder.stride;
    truncationSide = builder.truncationSide;
    verbose = builder.verbose;
  }

  /** Returns the defaults: special tokens are added, nothing is cut. */
  public static EncodeOptions defaults() {
    return DEFAULTS;
  }

  /** Returns options that cut to {@code maxLength} tokens, the longest text first. */
  public static EncodeOptions truncated(int maxLength) {
    return builder().truncation(TruncationStrategy.LONGEST_FIRST).maxLength(maxLength).build();
  }

  /** Returns a builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  boolean addSpecialTokens() {
    return addSpecialTokens;
  }

  TruncationStrategy truncation() {
    return truncation;
  }

  /** The limit, 0 for that of the tokenizer. */
  int maxLength() {
    return maxLength;
  }

  int stride() {
    return stride;
  }

  /** The end that is cut; null for that of the tokenizer. */
  @Nullable Side truncationSide() {
    return truncationSide;
  }

  boolean verbose() {
    return verbose;
  }

  /** Collects the settings of {@link EncodeOptions}. */
  public static final class Builder {

    private boolean addSpecialTokens = true;
    private TruncationStrategy truncation = TruncationStrategy.DO_NOT_TRUNCATE;
    private int maxLength;
    private int stride;
    private @Nullable Side truncationSide;
    private boolean verbose = true;

    private Builder() {}

    /** Sets whether special tokens such as [CLS] are added; they are by default. */
    public Builder addSpecialTokens(boolean add) {
      addSpecialTokens = add;
      return this;
    }

    /** Sets what is cut where the limit is exceeded; nothing by default. */
    public Builder truncation(TruncationStrategy strategy) {
      truncation = strategy;
      return this;
    }

    /**
     * Sets the greatest number of tokens, special ones included; by default {@code
     * model_max_length}. It needs a {@link #truncation}. A tokenizer without {@code model_max_length}
     * refuses truncation without this: it could cut nothing.
     */
    public Builder maxLength(int length) {
      maxLength = length;
      return this;
    }

    /** Sets how many tokens the pieces of an overlong text share; 0 by default. */
    public Builder stride(int tokens) {
      stride = tokens;
      return this;
    }

    /** Sets the end that is cut; by default that of the tokenizer. */
    public Builder truncationSide(Side side) {
      truncationSide = side;
      return this;
    }

    /**
     * Sets whether there is a warning, once, of an uncut text that is longer than {@code model_max_length}; by default
     * there is. Not for who cuts ids later.
     */
    public Builder verbose(boolean warn) {
      verbose = warn;
      return this;
    }

    /**
     * Makes the options.
     *
     * @throws IllegalArgumentException if a number is negative, or is given without truncation
     */
    public EncodeOptions build() {
      if (maxLength < 0 || stride < 0) {
        throw new IllegalArgumentException(
            "maxLength is " + maxLength + " and stride is " + stride + ": give positive numbers.");
      }
      if (truncation == TruncationStrategy.DO_NOT_TRUNCATE
          && (maxLength > 0 || stride > 0 || truncationSide != null)) {
        throw new IllegalArgumentException(
            "maxLength, stride and truncationSide do nothing without truncation: set"
                + " truncation(LONGEST_FIRST), or leave them out.");
      }
      return new EncodeOptions(this);
    }
  }
}
