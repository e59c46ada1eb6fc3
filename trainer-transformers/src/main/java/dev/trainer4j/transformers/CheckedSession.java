// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.transformers.generation.DecodingSession;

/** A session that sees to it that each token is one of the model's: the settings say what it starts from and fills with. */
record CheckedSession(PretrainedConfig config, DecodingSession session) implements DecodingSession {

  @Override
  public NDArray next(long[][] tokens) {
    InputMistakes.check(config, tokens);
    return session.next(tokens);
  }

  @Override
  public void reorder(long[] rows) {
    session.reorder(rows);
  }

  @Override
  public void close() {
    session.close();
  }
}
