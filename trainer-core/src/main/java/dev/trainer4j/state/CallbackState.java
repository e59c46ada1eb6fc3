// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.state;

import java.util.Map;

/**
 * What a stateful callback saves with every checkpoint, in Hugging Face's form.
 *
 * @param args how the callback was made; for information, never restored
 * @param attributes what changes while it runs; JSON values only
 */
public record CallbackState(Map<String, Object> args, Map<String, Object> attributes) {

  /** Copies both maps. */
  public CallbackState {
    args = Map.copyOf(args);
    attributes = Map.copyOf(attributes);
  }
}
