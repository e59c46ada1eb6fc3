// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.SegmentRunner;
import dev.trainer4j.transformers.generation.DecodingSession;

/** A session whose parameters are in place until it is closed. */
record HoldingSession(DecodingSession session, SegmentRunner.Held held) implements DecodingSession {

  @Override
  public NDArray next(long[][] tokens) {
    return session.next(tokens);
  }

  @Override
  public void reorder(long[] rows) {
    session.reorder(rows);
  }

  @Override
  public void close() {
    session.close();
    held.close();
  }
}
