// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A trainable parameter.
 *
 * @param name unique in its model; the name under which it is saved
 * @param array requires gradients
 * @param decays whether weight decay applies to it
 */
public record NamedParameter(String name, NDArray array, boolean decays) {

  /** The names that Hugging Face's Trainer leaves out of weight decay. */
  private static final Pattern NO_DECAY =
      Pattern.compile("bias|layernorm|rmsnorm|(?:^|\\.)norm(?:$|\\.)|_norm(?:$|\\.)");

  /** Makes a parameter that decays unless its name says bias or norm, as Hugging Face decides. */
  public static NamedParameter of(String name, NDArray array) {
    return new NamedParameter(name, array, !NO_DECAY.matcher(name.toLowerCase(Locale.ROOT)).find());
  }
}
