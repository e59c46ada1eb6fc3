// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.PushProvider;
import dev.trainer4j.callback.TrainerCallback;

/** Makes the callback that the argument {@code pushToHub} asks for. */
public final class HubPushProvider implements PushProvider {

  /** For {@link java.util.ServiceLoader}. */
  public HubPushProvider() {}

  @Override
  public TrainerCallback create(TrainingArguments args) {
    return new HubPushCallback();
  }
}
