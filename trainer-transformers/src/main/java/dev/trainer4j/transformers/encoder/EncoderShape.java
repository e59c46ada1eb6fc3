// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.encoder;

import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.architecture.ConfigReader;

/**
 * The numbers of an encoder, whatever its family calls them.
 *
 * @param typeVocabSize 0 for none
 * @param paddingIndex where positions count only tokens that are no padding, its index, else -1
 * @param padTokenId the row of the word embeddings that begins as zeros and stays so, -1 for none
 * @param problemType empty to infer it from the labels
 * @param tied whether the masked LM's last layer is the word embeddings
 */
record EncoderShape(
    int vocabSize,
    int maxPositions,
    int typeVocabSize,
    int hiddenSize,
    int layers,
    int heads,
    int intermediateSize,
    String activation,
    double eps,
    double hiddenDropout,
    double attentionDropout,
    double headDropout,
    int paddingIndex,
    int padTokenId,
    double std,
    int labels,
    String problemType,
    boolean tied) {

  EncoderShape checked(ConfigReader config) {
    if (hiddenSize % heads != 0) {
      throw new PretrainedException(
          config.config().source()
              + ": the hidden size "
              + hiddenSize
              + " is no multiple of the "
              + heads
              + " attention heads");
    }
    if (padTokenId < -1 || padTokenId >= vocabSize || paddingIndex >= maxPositions) {
      throw config.wrong("pad_token_id", "a token of the vocabulary of " + vocabSize);
    }
    return this;
  }

  EncoderShape withVocabSize(int size) {
    return new EncoderShape(
        size,
        maxPositions,
        typeVocabSize,
        hiddenSize,
        layers,
        heads,
        intermediateSize,
        activation,
        eps,
        hiddenDropout,
        attentionDropout,
        headDropout,
        paddingIndex,
        padTokenId,
        std,
        labels,
        problemType,
        tied);
  }
}
