// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.transformers.generation.DecodingSession;

/** A session that owns what was made for it. */
record OwningSession(DecodingSession session, NDManager made) implements DecodingSession {

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
    made.close();
  }
}
