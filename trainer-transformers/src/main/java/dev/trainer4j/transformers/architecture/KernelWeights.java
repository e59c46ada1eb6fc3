// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * What one call of a kernel takes as its {@code List[Tensor]}.
 *
 * @param arrays the tensors of its slots; where there are adapters, behind them one list after the other
 *     as long as the first: A, B, numbers and magnitude of the first pair of each slot, those of the second, and so
 *     on, with empty arrays for slots that have none ({@code projection.py} reads them)
 * @param adapters how many pairs a slot has at most; 0 for tensors alone
 * @param noise NEFTune's alpha for embeddings that are looked up in them; 0 for none
 */
public record KernelWeights(List<NDArray> arrays, int adapters, double noise) {}
