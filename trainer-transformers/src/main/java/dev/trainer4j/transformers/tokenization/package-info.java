// SPDX-License-Identifier: Apache-2.0
/**
 * From text to ids and back: {@link dev.trainer4j.transformers.tokenization.PretrainedTokenizer} reads
 * the tokenizer files of a Hugging Face folder and writes them back unchanged.
 *
 * <p>It knows nothing of models, batches or tensors.
 */
@NullMarked
package dev.trainer4j.transformers.tokenization;

import org.jspecify.annotations.NullMarked;
