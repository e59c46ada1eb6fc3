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

  /** Looks at what {@code type} adds to the trainer itself, {@code base}. */
  static OwnHooks of(Class<?> type, Class<?> base) {
    return new OwnHooks(
        overrides(type, base, "trainingStep"), overrides(type, base, "computeLoss"));
  }

  private static boolean overrides(Class<?> type, Class<?> base, String hook) {
    for (Class<?> c = type; c != base; c = c.getSuperclass()) {
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
