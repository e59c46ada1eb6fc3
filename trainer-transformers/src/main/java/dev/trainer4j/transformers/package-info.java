// SPDX-License-Identifier: Apache-2.0
/** Pretrained models from and back to Hugging Face folders: the one door is {@code AutoModels}. */
@NullMarked
package dev.trainer4j.transformers;

import org.jspecify.annotations.NullMarked;
