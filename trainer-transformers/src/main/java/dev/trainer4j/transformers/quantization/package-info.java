// SPDX-License-Identifier: Apache-2.0
/**
 * Weights of 4 and 8 bits: made of others while a model is loaded, read from the folders of bitsandbytes and written as
 * such. What kernels compute with them is in {@code codes.py} and {@code quantized.py} of the package {@code architecture};
 * nothing here knows of models, adapters or training.
 */
@NullMarked
package dev.trainer4j.transformers.quantization;

import org.jspecify.annotations.NullMarked;
