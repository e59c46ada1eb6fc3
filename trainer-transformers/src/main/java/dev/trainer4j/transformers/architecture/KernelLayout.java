// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import java.util.List;
import java.util.Set;

/**
 * What a kernel's list of weights has beside the tensors, and thereby which text of the kernel reads it.
 *
 * @param adapters how many low-rank pairs a tensor has at most
 * @param compute libtorch's number of the type in which products with quantized weights are taken; {@link
 *     #NONE_QUANTIZED} where there are none
 * @param noise NEFTune's alpha for embeddings that are looked up in the tensors; 0 for none
 */
public record KernelLayout(int adapters, int compute, double noise) {

  /** No weight is quantized. */
  public static final int NONE_QUANTIZED = -1;

  /** How many arrays a quantized weight is made of beside itself. */
  public static final int PARTS = 4;

  /** The tensors alone. */
  static final KernelLayout PLAIN = new KernelLayout(0, NONE_QUANTIZED, 0);

  private static final String ADAPTERS = "$adapters";
  private static final String LISTS = "$lists";
  private static final String PAIRS = "$pairs";
  private static final String COMPUTE = "$compute";
  private static final String NOISE = "$noise";
  private static final String PRODUCTS = "$products";

  /** What stands in the text of kernels for what changes with the layout. */
  static final Set<String> PLACES = Set.of(ADAPTERS, LISTS, PAIRS, COMPUTE, NOISE, PRODUCTS);

  boolean isQuantized() {
    return compute != NONE_QUANTIZED;
  }

  /** Returns the text for this layout. */
  String textOf(String className, String text) {
    String products =
        text.contains(PRODUCTS)
            ? KernelText.shared(
                className,
                isQuantized() ? List.of("codes.py", "quantized.py") : List.of("products.py"))
            : "";
    int pairs = isQuantized() ? 1 + PARTS : 1;
    return text.replace(PRODUCTS, products)
        .replace(ADAPTERS, Integer.toString(adapters))
        .replace(PAIRS, Integer.toString(pairs))
        .replace(LISTS, Integer.toString(pairs + 4 * adapters))
        .replace(COMPUTE, Integer.toString(compute))
        .replace(NOISE, Double.toString(noise));
  }
}
