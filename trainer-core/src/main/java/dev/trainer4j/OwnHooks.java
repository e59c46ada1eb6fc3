// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.TrainableModel;
import java.lang.reflect.Method;
import java.util.Arrays;

/**
 * Which hooks of the training step a subclass has of its own. Somebody may stand there between forward and
 * backward, or look at gradients, so it decides how passes run.
 *
 * @param trainingStep whether it overrides {@link Trainer#trainingStep}
 * @param computeLoss whether it overrides {@link Trainer#computeLoss}
 */
record OwnHooks(boolean trainingStep, boolean computeLoss) {

  static OwnHooks of(Class<? extends Trainer> type) {
    return new OwnHooks(overrides(type, "trainingStep"), overrides(type, "computeLoss"));
  }

  private static boolean overrides(Class<?> type, String hook) {
    for (Class<?> c = type; c != Trainer.class; c = c.getSuperclass()) {
      if (Arrays.stream(c.getDeclaredMethods()).anyMatch(m -> isHook(m, hook))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isHook(Method method, String hook) {
    return method.getName().equals(hook)
        && Arrays.equals(
            method.getParameterTypes(), new Class<?>[] {TrainableModel.class, ModelInputs.class});
  }
}
