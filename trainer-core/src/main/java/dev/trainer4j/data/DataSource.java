// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

/**
 * Where samples come from: a {@link Dataset}, read by index, or an {@link IterableDataset}, read
 * from front to back.
 *
 * @param <T> the type of a sample
 */
public sealed interface DataSource<T> permits Dataset, IterableDataset {}
