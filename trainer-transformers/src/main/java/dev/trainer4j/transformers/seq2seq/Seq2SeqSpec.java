// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.seq2seq;

/**
 * The numbers of an encoder-decoder model; {@link Seq2SeqFamily} reads them from {@code config.json}.
 *
 * @param names how the tensors are called
 * @param vocabulary rows of the token embeddings
 * @param hidden width of the residual stream
 * @param headDim width of a head
 * @param encoder the stack that reads
 * @param decoder the stack that writes
 * @param positions how many positions were learned, 0 for any number (T5 learns distances)
 * @param epsilon of the norms
 * @param activation as the kernel calls it
 * @param gated whether the feed-forward part has a gate
 * @param scaledScores whether scores are divided by the root of the head's width
 * @param embeddingScale what the token embeddings are multiplied by
 * @param outputScale what the head's input is multiplied by
 * @param headTied whether the head shares the token embeddings
 * @param distances how distances are told apart, none of it where positions are learned
 * @param dropout rates
 * @param padTokenId the token that pads
 * @param decoderStartTokenId the token that the decoder begins with, -1 if unknown
 * @param std standard deviation of new weights, or in T5 what all of them are multiplied by
 */
record Seq2SeqSpec(
    Seq2SeqNames names,
    int vocabulary,
    int hidden,
    int headDim,
    Stack encoder,
    Stack decoder,
    int positions,
    double epsilon,
    String activation,
    boolean gated,
    boolean scaledScores,
    double embeddingScale,
    double outputScale,
    boolean headTied,
    Distances distances,
    Dropout dropout,
    int padTokenId,
    int decoderStartTokenId,
    double std) {

  /** The size of a stack. */
  record Stack(int layers, int heads, int intermediate) {}

  /**
   * How T5 tells distances apart.
   *
   * @param buckets how many there are, 0 in a model without
   * @param max the distance from which on all are in one
   */
  record Distances(int buckets, int max) {}

  /** Rates of dropout: of the residual branches, the attention's probabilities, within feed-forward. */
  record Dropout(double hidden, double attention, double activation) {}

  Seq2SeqSpec withVocabulary(int tokens) {
    return new Seq2SeqSpec(
        names,
        tokens,
        hidden,
        headDim,
        encoder,
        decoder,
        positions,
        epsilon,
        activation,
        gated,
        scaledScores,
        embeddingScale,
        outputScale,
        headTied,
        distances,
        dropout,
        padTokenId,
        decoderStartTokenId,
        std);
  }

  Seq2SeqSpec withPadTokenId(int id) {
    return new Seq2SeqSpec(
        names,
        vocabulary,
        hidden,
        headDim,
        encoder,
        decoder,
        positions,
        epsilon,
        activation,
        gated,
        scaledScores,
        embeddingScale,
        outputScale,
        headTied,
        distances,
        dropout,
        id,
        decoderStartTokenId,
        std);
  }

  boolean isT5() {
    return names == Seq2SeqNames.T5;
  }

  /** The width of all heads of a stack together. */
  int inner(Stack stack) {
    return stack.heads() * headDim;
  }

  double scale() {
    return scaledScores ? 1 / Math.sqrt(headDim) : 1;
  }
}
