// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

/**
 * The part of a parameter that one rank owns: a range of its elements, in the order of {@code reshape(-1)}.
 *
 * @param parameter the whole
 * @param start the first element, from 0
 * @param end the element after the last; more than {@code start}
 * @param offset where the range begins in the rank's share of the unit, in elements
 */
public record ShardSlice(FlatParameter parameter, long start, long end, long offset) {

  /** Returns the number of elements. */
  public long length() {
    return end - start;
  }
}
