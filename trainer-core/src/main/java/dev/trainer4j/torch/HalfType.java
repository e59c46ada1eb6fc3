// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

/**
 * A floating type of 16 bits, in which matrix products may be taken: what {@code torch.autocast} is
 * told.
 *
 * <p>Parameters stay what they are. A model casts weights and inputs of products and attention where
 * it uses them, within autograd, so that gradients arrive at the parameters in their own type; norms,
 * sums along the residual path, logits and losses stay float32.
 */
public enum HalfType {
  /** The range of float32 with 8 bits of mantissa. */
  BFLOAT16(15),
  /** 11 bits of mantissa and values up to 65504: gradients need a scaled loss. */
  FLOAT16(5);

  private final long scalarType;

  HalfType(long scalarType) {
    this.scalarType = scalarType;
  }

  /** Returns libtorch's number of the type. */
  public long scalarType() {
    return scalarType;
  }
}
