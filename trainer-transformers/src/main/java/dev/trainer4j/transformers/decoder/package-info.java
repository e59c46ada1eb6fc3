// SPDX-License-Identifier: Apache-2.0
/**
 * Decoder-only language models: GPT-2, Llama, Mistral, Qwen and Gemma. The mathematics is {@code
 * decoder.py}.
 *
 * <p>{@link dev.trainer4j.transformers.decoder.DecoderFamily} is the one door. It knows neither the other
 * kinds of architecture nor {@code PretrainedModel}.
 */
@NullMarked
package dev.trainer4j.transformers.decoder;

import org.jspecify.annotations.NullMarked;
