// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import java.util.Set;

/**
 * A loss of next tokens that tells more than itself: the sums of the parts {@value #ENTROPY} (of the foretold distribution, in
 * nats) and {@value #ACCURACY} (whether the likeliest token is the label), over the tokens whose labels count.
 *
 * @param kind how it is computed
 * @param chunkBytes the size of the logits that {@link Kind#CHUNKED_NLL} makes at a time, and {@link #ENTROPY} reads at a time
 */
public record TokenLoss(Kind kind, long chunkBytes) {

  /** The part with the entropy. */
  public static final String ENTROPY = "entropy";

  /** The part with the share of tokens that are foretold. */
  public static final String ACCURACY = "mean_token_accuracy";

  /** The size of logits where nobody sets one. */
  public static final long DEFAULT_CHUNK_BYTES = 32L << 20;

  /** How a loss is computed. */
  public enum Kind {
    /** The negative log-likelihood, of logits of all places. */
    NLL,
    /**
     * The negative log-likelihood of a token times its likelihood, which takes part in no gradient (Wu et al.: On the Generalization
     * of SFT, 2025), of logits of all places.
     */
    DFT,
    /**
     * The negative log-likelihood, of logits that are made of the places whose labels count, a few at a time. Gradients are taken
     * while they are there, so that the logits of a batch never are. The output has no logits where there are labels.
     */
    CHUNKED_NLL
  }

  /** Checks the size. */
  public TokenLoss {
    if (chunkBytes < 1) {
      throw new IllegalArgumentException("chunkBytes is " + chunkBytes + ", expected at least 1");
    }
  }

  /** Returns the loss of a kind with the default size of logits. */
  public static TokenLoss of(Kind kind) {
    return new TokenLoss(kind, DEFAULT_CHUNK_BYTES);
  }

  /** Returns the names of the parts. */
  public static Set<String> parts() {
    return Set.of(ENTROPY, ACCURACY);
  }

  /** Returns how many rows of logits of a vocabulary are made at a time, at least 1. */
  public long chunkRows(int vocabulary) {
    return Math.max(1, chunkBytes / (4L * vocabulary));
  }
}
