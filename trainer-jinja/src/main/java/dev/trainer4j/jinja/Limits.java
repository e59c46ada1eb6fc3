// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/**
 * What a template may use up. Templates come from strangers: whatever one is written to do, compiling
 * and rendering end soon, with a result or a {@link TemplateException} that names the limit.
 *
 * @param steps the greatest number of steps of a rendering: expressions, statements, elements and
 *     blocks of characters that are looked at; 10,000,000 by default, well below a second or two
 * @param depth the greatest depth of calls of macros, and of values within values; 200 by default
 * @param valueSize the greatest length of a text in characters, of a list in elements, and of the
 *     output; 16,777,216 by default
 * @param totalSize the greatest sum of the lengths of all texts and lists that a rendering makes;
 *     134,217,728 by default
 */
public record Limits(long steps, int depth, int valueSize, long totalSize) {

  /** Deeper calls would need more stack than a thread has by default. */
  private static final int DEEPEST = 1000;

  private static final Limits DEFAULTS = new Limits(10_000_000, 200, 1 << 24, 1 << 27);

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if one is not positive, or {@code depth} is above 1,000
   */
  public Limits {
    if (steps < 1 || depth < 1 || valueSize < 1 || totalSize < 1 || depth > DEEPEST) {
      throw new IllegalArgumentException(
          "steps is %d, depth %d, valueSize %d and totalSize %d: all must be positive, and depth at most %d."
              .formatted(steps, depth, valueSize, totalSize, DEEPEST));
    }
  }

  /** Returns the defaults. */
  public static Limits defaults() {
    return DEFAULTS;
  }

  /** Returns these limits with another number of steps. */
  public Limits withSteps(long most) {
    return new Limits(most, depth, valueSize, totalSize);
  }

  /** Returns these limits with another depth. */
  public Limits withDepth(int most) {
    return new Limits(steps, most, valueSize, totalSize);
  }

  /** Returns these limits with another size of values. */
  public Limits withValueSize(int most) {
    return new Limits(steps, depth, most, totalSize);
  }

  /** Returns these limits with another sum of sizes. */
  public Limits withTotalSize(long most) {
    return new Limits(steps, depth, valueSize, most);
  }
}
