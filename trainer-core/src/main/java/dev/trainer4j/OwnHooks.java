// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import java.lang.reflect.Method;
import java.util.Arrays;

/**
 * Which hooks of the training step a subclass has of its own. Somebody may stand there between forward and
 * backward, or look at gradients, so it decides how passes run.
 *
 * @param trainingStep whether it overrides {@link Trainer#trainingStep}
 * @param computeLoss whether it overrides {@link Trainer#computeLoss}
 * @param predictionStep whether it overrides {@link Trainer#predictionStep}
 * @param evaluate whether it overrides a form of {@link Trainer#evaluate()}
 */
record OwnHooks(
    boolean trainingStep, boolean computeLoss, boolean predictionStep, boolean evaluate) {

  /** Looks at what {@code type} adds to the trainer itself, {@code base}. */
  static OwnHooks of(Class<?> type, Class<?> base) {
    return new OwnHooks(
        overrides(type, base, "trainingStep"),
        overrides(type, base, "computeLoss"),
        overrides(type, base, "predictionStep"),
        overrides(type, base, "evaluate"));
  }

  private static boolean overrides(Class<?> type, Class<?> base, String hook) {
    for (Class<?> c = type; c != base; c = c.getSuperclass()) {
      if (Arrays.stream(c.getDeclaredMethods()).anyMatch(m -> isHook(m, base, hook))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isHook(Method method, Class<?> base, String hook) {
    return method.getName().equals(hook)
        && Arrays.stream(base.getDeclaredMethods())
            .anyMatch(
                inBase ->
                    inBase.getName().equals(hook)
                        && Arrays.equals(inBase.getParameterTypes(), method.getParameterTypes()));
  }
}
