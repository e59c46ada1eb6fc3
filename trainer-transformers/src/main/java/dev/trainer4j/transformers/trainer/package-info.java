// SPDX-License-Identifier: Apache-2.0
/**
 * Trainers for what only some models do: {@link dev.trainer4j.transformers.trainer.Seq2SeqTrainer}
 * evaluates the texts that a model writes.
 *
 * <p>It knows models by what they can do ({@code GenerativeModel}), not by their architecture.
 */
@NullMarked
package dev.trainer4j.transformers.trainer;

import org.jspecify.annotations.NullMarked;
