// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Objects;

/** Every sample at the position of its index. */
record SequentialOrder(long size) implements SampleOrder {

  SequentialOrder {
    if (size < 0) {
      throw new IllegalArgumentException("size is " + size + ": give the number of samples.");
    }
  }

  @Override
  public long indexAt(long position) {
    return Objects.checkIndex(position, size);
  }
}
