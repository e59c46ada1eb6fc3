// SPDX-License-Identifier: Apache-2.0
/**
 * Hugging Face's data collators: from tokenized samples to the batch that a model takes.
 *
 * <p>It knows tokenizers and samples, and no models.
 */
@NullMarked
package dev.trainer4j.transformers.collate;

import org.jspecify.annotations.NullMarked;
