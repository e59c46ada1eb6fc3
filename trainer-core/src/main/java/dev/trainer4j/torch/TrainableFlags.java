// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;

/** What an array was told about gradients. */
public final class TrainableFlags {

  /** DJL's memory of what an array was told: null if nothing. It shows it to nobody. */
  private static final @Nullable Field TOLD = told();

  private TrainableFlags() {}

  private static @Nullable Field told() {
    try {
      Field field = PtNDArray.class.getDeclaredField("hasGradient");
      field.setAccessible(true);
      return field;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  /**
   * Returns whether somebody called {@code setRequiresGradient(false)}, as opposed to an array that was
   * just read from a file and never told anything; false where that cannot be seen. Who has asked it for {@code
   * hasGradient()} has told it so, too. Ask before {@code
   * hasGradient()}, which makes the two the same.
   */
  public static boolean isSwitchedOff(NDArray array) {
    try {
      return TOLD != null && array instanceof PtNDArray && Boolean.FALSE.equals(TOLD.get(array));
    } catch (IllegalAccessException e) {
      return false;
    }
  }
}
