// SPDX-License-Identifier: Apache-2.0
/**
 * Supervised fine-tuning: {@link dev.trainer4j.transformers.sft.SftTrainer} trains causal language models on texts, prompts with
 * completions, and conversations, as TRL's {@code SFTTrainer} does.
 *
 * <p>{@link dev.trainer4j.transformers.sft.SftArguments} say how; rows are prepared, packed and collated here, and the loss reads
 * only the tokens that are trained.
 */
@NullMarked
package dev.trainer4j.transformers.sft;

import org.jspecify.annotations.NullMarked;
