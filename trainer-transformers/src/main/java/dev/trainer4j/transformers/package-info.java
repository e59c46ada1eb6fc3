// SPDX-License-Identifier: Apache-2.0
/**
 * Pretrained models from and back to Hugging Face folders: the one door is {@code AutoModels}.
 *
 * <p>What a program says to it are values: {@code Task}, {@code Dtype}, {@code PretrainedConfig}, {@code
 * LoadOptions} and {@code SaveOptions}; every package below may know these. The rest of this package knows the packages
 * {@code encoder}, {@code decoder} and {@code seq2seq}, one for each kind of architecture, by their families
 * only. They stand on {@code architecture} and know nothing of models that are loaded.
 */
@NullMarked
package dev.trainer4j.transformers;

import org.jspecify.annotations.NullMarked;
