// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The samples of one batch.
 *
 * @param list none at and after the end of the epoch
 * @param streamState where a {@link ResumableDataset} stands behind them; null for other data
 */
record Samples<T>(List<T> list, @Nullable Map<String, Object> streamState) {}
