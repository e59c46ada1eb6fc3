// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.transformers.generation.DecodingSession;

/**
 * A session with something that is there as long as it is open.
 *
 * @param release ends that, when the session is closed
 */
record OwningSession(DecodingSession session, Runnable release) implements DecodingSession {

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
    try {
      session.close();
    } finally {
      release.run();
    }
  }
}
