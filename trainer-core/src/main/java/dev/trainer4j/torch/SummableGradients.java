// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** Gradients of whole parameters that ranks can add up: each rank may have those of other parameters. */
public interface SummableGradients {

  /** Returns which parameters have a gradient. */
  boolean[] present();

  /** Gives a gradient of zeros to parameters of which another rank has one. */
  void require(boolean[] wanted);

  /** Multiplies the gradients. */
  void multiply(double factor);

  /** Returns the gradients that exist, in the order of their parameters; what is written into them counts. */
  List<NDArray> arrays();
}
