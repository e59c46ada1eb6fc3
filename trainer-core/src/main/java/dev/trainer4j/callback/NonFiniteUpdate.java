// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import dev.trainer4j.args.NanPolicy;
import java.util.List;

/**
 * An update in which a loss or the gradient norm is not a finite number.
 *
 * @param update its number, counted from 1
 * @param losses the loss of each micro batch: its sum, or its mean if it only knows that
 * @param gradientNorm global L2 norm before clipping
 * @param policy what the trainer does about it
 */
public record NonFiniteUpdate(
    long update, List<Double> losses, double gradientNorm, NanPolicy policy) {

  /** Copies the losses. */
  public NonFiniteUpdate {
    losses = List.copyOf(losses);
  }
}
