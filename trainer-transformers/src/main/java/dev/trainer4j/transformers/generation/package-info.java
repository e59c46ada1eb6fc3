// SPDX-License-Identifier: Apache-2.0
/**
 * Text generation: greedy, sampling and beam search over any model that can be asked for the logits of the next position.
 *
 * <p>It knows nothing about the architecture of a model, nor about tokenizers beyond turning ids into text.
 */
@NullMarked
package dev.trainer4j.transformers.generation;

import org.jspecify.annotations.NullMarked;
