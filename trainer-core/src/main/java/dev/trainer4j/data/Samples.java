// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The samples of one batch.
 *
 * @param list none where other ranks have all samples of the round, and at and after the end of the epoch
 * @param roundSize the number of samples that all ranks have in the round; 0 at and after the end
 * @param streamState where a {@link ResumableDataset} stands behind them; null for other data
 */
record Samples<T>(List<T> list, int roundSize, @Nullable Map<String, Object> streamState) {}
