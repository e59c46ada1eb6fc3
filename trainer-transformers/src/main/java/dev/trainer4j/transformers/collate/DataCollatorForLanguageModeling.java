// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import ai.djl.ndarray.NDManager;
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
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Pads tokenized texts and makes the labels of language modeling.
 *
 * <p>Masked: some tokens are chosen as labels, all others are -100. Of the chosen ones 80% become the
 * mask token, 10% a random token, 10% stay. Special tokens are never chosen: those of {@code
 * special_tokens_mask} if samples have it, else those of the tokenizer. Which ones are chosen depends
 * on the seed and the position of the sample in the run alone, so it is another choice in each epoch
 * and the same after a resume.
 *
 * <p>Whole words: all tokens of a word are hidden together, always by the mask token. Samples need
 * {@code offset_mapping}, and a word is what offsets join without a gap.
 *
 * <p>Samples may have the class of a text, which is dropped. Labels of tokens that are not the ids themselves are
 * refused, as nothing would learn from them.
 *
 * <p>Causal: labels are the ids, with -100 for each padding token. As in Hugging Face's, a tokenizer
 * whose padding token is its end token thereby never learns to end.
 */
public final class DataCollatorForLanguageModeling implements DataCollator<Map<String, ?>> {

  private static final Set<String> NOT_INPUTS =
      Set.of("special_tokens_mask", "offset_mapping", "label", "label_ids", "labels");

  private final TokenPadding padding;
  private final int padTokenId;
  private final @Nullable TokenMasking masking;
  private final boolean wholeWordMask;
  private final Set<Integer> specialIds;
  private final long seed;

  private DataCollatorForLanguageModeling(Builder builder, @Nullable TokenMasking masking) {
    PretrainedTokenizer tokenizer = builder.tokenizer;
    padding = new TokenPadding(tokenizer, builder.padding);
    padTokenId = tokenizer.padTokenId();
    this.masking = masking;
    wholeWordMask = builder.wholeWordMask;
    seed = builder.seed;
    specialIds = new TreeSet<>(tokenizer.specialTokenIds());
    for (SpecialToken role : SpecialToken.values()) {
      tokenizer.specialTokenId(role).ifPresent(specialIds::add);
    }
  }

  /** Returns a builder of a masked collator with the defaults. */
  public static Builder builder(PretrainedTokenizer tokenizer) {
    return new Builder(tokenizer);
  }

  /** Returns a collator for masked language modeling with the defaults. */
  public static DataCollatorForLanguageModeling masked(PretrainedTokenizer tokenizer) {
    return builder(tokenizer).build();
  }

  /** Returns a collator for causal language modeling. */
  public static DataCollatorForLanguageModeling causal(PretrainedTokenizer tokenizer) {
    return builder(tokenizer).mlm(false).build();
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
    List<Map<String, Object>> prepared = new ArrayList<>(samples.size());
    for (int i = 0; i < samples.size(); i++) {
      prepared.add(prepare(samples.get(i), i, position));
    }
    return padding.pad(prepared, manager, Map.of(Fields.LABELS, TokenMasking.IGNORED));
  }

  private Map<String, Object> prepare(Map<String, ?> sample, int number, BatchPosition position) {
    int[] ids = Fields.ints(sample, Fields.INPUT_IDS, number);
    refuseOwnLabels(sample, ids, number);
    Map<String, Object> inputs = Fields.without(sample, NOT_INPUTS);
    if (masking == null) {
      inputs.put(Fields.LABELS, causalLabels(ids));
      return inputs;
    }
    boolean[] special = special(sample, ids, number);
    int[] words = wholeWordMask ? words(sample, special, number) : tokens(special);
    TokenMasking.Masked masked =
        masking.apply(ids, words, TokenMasking.random(seed, position, number));
    inputs.put(Fields.INPUT_IDS, masked.inputIds);
    inputs.put(Fields.LABELS, masked.labels);
    return inputs;
  }

  /** A class of the text is of no use here; labels of tokens are, and replacing them would lose what they leave out. */
  private void refuseOwnLabels(Map<String, ?> sample, int[] ids, int number) {
    String name = Fields.labelName(sample);
    Object labels = sample.get(name);
    if (labels == null || labels instanceof Number || labels instanceof Boolean) {
      return;
    }
    boolean same = false;
    if (Fields.isInts(labels)) {
      int[] own = Fields.ints(sample, name, number);
      same = Arrays.equals(own, ids) || Arrays.equals(own, causalLabels(ids));
    }
    if (!same) {
      throw Fields.wrong(
          name,
          number,
          "holds labels of its own, but this collator makes the labels of the input_ids: leave the"
              + " field out, or keep your labels with DataCollatorForSeq2Seq (which pads them) or"
              + " DataCollatorWithFlattening");
    }
  }

  private int[] causalLabels(int[] ids) {
    int[] labels = ids.clone();
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] == padTokenId) {
        labels[i] = TokenMasking.IGNORED;
      }
    }
    return labels;
  }

  private boolean[] special(Map<String, ?> sample, int[] ids, int number) {
    boolean[] special = new boolean[ids.length];
    int[] mask =
        sample.containsKey("special_tokens_mask")
            ? Fields.ints(sample, "special_tokens_mask", number)
            : null;
    if (mask != null && mask.length != ids.length) {
      throw Fields.wrong(
          "special_tokens_mask",
          number,
          "has " + mask.length + " entries for " + ids.length + " ids");
    }
    for (int i = 0; i < ids.length; i++) {
      special[i] = mask == null ? specialIds.contains(ids[i]) : mask[i] != 0;
    }
    return special;
  }

  /** Every token is a word of its own. */
  private static int[] tokens(boolean[] special) {
    int[] words = new int[special.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = special[i] ? -1 : i;
    }
    return words;
  }

  /** A word begins where there is a gap before a token, or a special token. */
  private static int[] words(Map<String, ?> sample, boolean[] special, int number) {
    if (!(sample.get("offset_mapping") instanceof int[][] offsets)
        || offsets.length != special.length) {
      throw Fields.wrong(
          "offset_mapping",
          number,
          "is "
              + Fields.describe(sample.get("offset_mapping"))
              + ", but wholeWordMask needs an int[][] with start and end of each token: make"
              + " samples with TokenizedText.toSample(\"offset_mapping\")");
    }
    int[] words = new int[special.length];
    int word = -1;
    for (int i = 0; i < words.length; i++) {
      boolean begins = i == 0 || special[i - 1] || offsets[i][0] != offsets[i - 1][1];
      if (!special[i] && begins) {
        word++;
      }
      words[i] = special[i] ? -1 : word;
    }
    return words;
  }

  /** Collects the settings of a {@link DataCollatorForLanguageModeling}. */
  public static final class Builder {

    private final PretrainedTokenizer tokenizer;
    private PaddingOptions padding = PaddingOptions.longest();
    private boolean mlm = true;
    private boolean wholeWordMask;
    private double mlmProbability = 0.15;
    private @Nullable Double maskReplaceProb;
    private @Nullable Double randomReplaceProb;
    private long seed = 42;

    private Builder(PretrainedTokenizer tokenizer) {
      this.tokenizer = tokenizer;
    }

    /** Sets whether tokens are masked; else the labels are those of a causal model. */
    public Builder mlm(boolean masked) {
      mlm = masked;
      return this;
    }

    /** Sets the share of tokens (or words) that become labels; 0.15 by default. */
    public Builder mlmProbability(double probability) {
      mlmProbability = probability;
      return this;
    }

    /** Sets the share of labels whose input becomes the mask token; 0.8 by default. */
    public Builder maskReplaceProb(double probability) {
      maskReplaceProb = probability;
      return this;
    }

    /** Sets the share of labels whose input becomes a random token; 0.1 by default. */
    public Builder randomReplaceProb(double probability) {
      randomReplaceProb = probability;
      return this;
    }

    /** Masks all tokens of a word together; off by default. */
    public Builder wholeWordMask(boolean words) {
      wholeWordMask = words;
      return this;
    }

    /** Sets how far samples are filled up. */
    public Builder padding(PaddingOptions options) {
      padding = options;
      return this;
    }

    /** Sets the seed of the choices; 42 by default. */
    public Builder seed(long newSeed) {
      seed = newSeed;
      return this;
    }

    /**
     * Makes the collator.
     *
     * @throws IllegalArgumentException if settings contradict each other or the tokenizer has no
     *     mask token
     */
    public DataCollatorForLanguageModeling build() {
      if (!mlm) {
        if (wholeWordMask || maskReplaceProb != null || randomReplaceProb != null) {
          throw new IllegalArgumentException(
              "wholeWordMask, maskReplaceProb and randomReplaceProb do nothing with mlm(false):"
                  + " leave them out.");
        }
        return new DataCollatorForLanguageModeling(this, null);
      }
      return new DataCollatorForLanguageModeling(this, masking());
    }

    private TokenMasking masking() {
      OptionalInt mask = tokenizer.specialTokenId(SpecialToken.MASK);
      if (mask.isEmpty()) {
        throw new IllegalArgumentException(
            "the tokenizer has no mask_token: use mlm(false) for a causal model, or name one in"
                + " tokenizer_config.json.");
      }
      if (wholeWordMask && (maskReplaceProb != null || randomReplaceProb != null)) {
        throw new IllegalArgumentException(
            "wholeWordMask replaces every chosen word by the mask token: leave out maskReplaceProb"
                + " and randomReplaceProb.");
      }
      double replace = maskReplaceProb != null ? maskReplaceProb : wholeWordMask ? 1 : 0.8;
      double random = randomReplaceProb != null ? randomReplaceProb : wholeWordMask ? 0 : 0.1;
      requireShare("mlmProbability", mlmProbability);
      requireShare("maskReplaceProb", replace);
      requireShare("randomReplaceProb", random);
      requireShare("maskReplaceProb + randomReplaceProb", replace + random);
      return new TokenMasking(mlmProbability, replace, random, mask.getAsInt(), tokenizer.size());
    }

    private static void requireShare(String name, double value) {
      if (!(value >= 0 && value <= 1 + 1e-12)) {
        throw new IllegalArgumentException(name + " is " + value + ": expected 0 to 1.");
      }
    }
  }
}
