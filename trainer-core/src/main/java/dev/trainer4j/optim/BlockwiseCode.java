// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * State of 8 bits in blocks: of each block of 256 numbers its largest value, and of each number the
 * nearest of 256 shares of that (Dettmers et al., 8-bit Optimizers via Block-wise Quantization, 2022).
 *
 * <p>The shares are those of bitsandbytes' dynamic type: 0, 1, and seven decades, each cut into twice as
 * many equal parts as the one below, of which the middles are taken. With a sign there are half as many
 * parts. State of fewer than 4,096 numbers stays as it is, as there.
 */
final class BlockwiseCode {

  private static final int BLOCK = 256;
  private static final int LEAST_NUMBERS = 4096;
  private static final int DECADES = 7;

  private BlockwiseCode() {}

  /** The 256 shares, rising. */
  static List<Double> shares(boolean signed) {
    List<Double> shares = new ArrayList<>(List.of(0.0, 1.0));
    for (int decade = 0; decade < DECADES; decade++) {
      int parts = 1 << (signed ? decade : decade + 1);
      double scale = Math.pow(10, decade - DECADES + 1);
      for (int part = 0; part < parts; part++) {
        double middle = (0.1 + 0.9 * (part + 0.5) / parts) * scale;
        shares.add(middle);
        if (signed) {
          shares.add(-middle);
        }
      }
    }
    Collections.sort(shares);
    return shares;
  }

  /** The slot of the places in the code, bitsandbytes' {@code state1} and {@code state2}. */
  static Slot state(int number) {
    return new Slot(
        "state" + number,
        shape -> shape,
        0,
        parameter -> isPacked(parameter.size()) ? DataType.UINT8 : parameter.getDataType());
  }

  /** The slot of the blocks' largest values; empty where state stays as it is. */
  static Slot largest(int number) {
    return new Slot(
        "absmax" + number,
        shape ->
            isPacked(shape.size()) ? new Shape((shape.size() + BLOCK - 1) / BLOCK) : new Shape(0),
        0,
        parameter -> DataType.FLOAT32);
  }

  private static boolean isPacked(long numbers) {
    return numbers >= LEAST_NUMBERS;
  }
}
