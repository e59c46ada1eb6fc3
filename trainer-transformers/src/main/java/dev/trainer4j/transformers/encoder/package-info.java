// SPDX-License-Identifier: Apache-2.0
/**
 * Bidirectional encoders with their heads: BERT, RoBERTa and DistilBERT. The mathematics is {@code
 * encoder.py}.
 *
 * <p>{@link dev.trainer4j.transformers.encoder.EncoderFamily} is the one door. It knows neither the other
 * kinds of architecture nor {@code PretrainedModel}.
 */
@NullMarked
package dev.trainer4j.transformers.encoder;

import org.jspecify.annotations.NullMarked;
