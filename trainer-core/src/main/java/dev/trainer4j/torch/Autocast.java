// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import org.jspecify.annotations.Nullable;

/**
 * The type in which models take matrix products, for the calling thread: PyTorch's {@code
 * torch.autocast}.
 *
 * <p>Parameters stay what they are. A model casts weights and inputs of products and attention where
 * it uses them, within autograd, so that gradients arrive at the parameters in their own type; norms,
 * sums along the residual path, logits and losses stay float32.
 */
public final class Autocast {

  /** A type of 16 bits. */
  public enum Type {
    /** The range of float32 with 8 bits of mantissa. */
    BFLOAT16(15),
    /** 11 bits of mantissa and values up to 65504: gradients need a scaled loss. */
    FLOAT16(5);

    private final long scalarType;

    Type(long scalarType) {
      this.scalarType = scalarType;
    }

    /** Returns libtorch's number of the type. */
    public long scalarType() {
      return scalarType;
    }
  }

  /** What holds until it is closed. */
  public interface Scope extends AutoCloseable {
    @Override
    void close();
  }

  private static final ThreadLocal<@Nullable Type> CURRENT = new ThreadLocal<>();

  private Autocast() {}

  /**
   * Sets the type for the calling thread until closed, then puts back what was.
   *
   * @param type null for none
   */
  public static Scope to(@Nullable Type type) {
    Type before = CURRENT.get();
    if (before == type) {
      return () -> {};
    }
    set(type);
    return () -> set(before);
  }

  private static void set(@Nullable Type type) {
    if (type == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(type);
    }
  }

  /** Returns the type of the calling thread, null if products are to be taken in their own. */
  public static @Nullable Type current() {
    return CURRENT.get();
  }
}
