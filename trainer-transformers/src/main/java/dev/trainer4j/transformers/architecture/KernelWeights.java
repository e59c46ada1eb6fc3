// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * What one call of a kernel takes as its {@code List[Tensor]}.
 *
 * @param arrays the tensors of its slots; behind them, where the layout has them, one list after the other as long
 *     as the first: the {@link KernelLayout#PARTS} that belong to quantized weights; A, B, numbers and magnitude of the first
 *     pair of each slot, those of the second, and so on. Empty arrays stand for what a slot does not have ({@code
 *     projection.py} reads them)
 * @param layout which lists there are
 */
public record KernelWeights(List<NDArray> arrays, KernelLayout layout) {}
