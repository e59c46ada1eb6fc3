// SPDX-License-Identifier: Apache-2.0
/**
 * Encoder-decoder models: T5 and BART. The mathematics is {@code seq2seq.py}.
 *
 * <p>{@link dev.trainer4j.transformers.seq2seq.Seq2SeqFamily} is the one door. It knows neither the other
 * kinds of architecture nor {@code PretrainedModel}.
 */
@NullMarked
package dev.trainer4j.transformers.seq2seq;

import org.jspecify.annotations.NullMarked;
