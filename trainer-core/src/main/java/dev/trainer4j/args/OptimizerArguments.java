// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.immutables.value.Value;

/** What happens between a loss and new weights. */
public interface OptimizerArguments {
  /**
   * The optimizer.
   *
   * @return {@link OptimizerName#ADAMW_TORCH_FUSED} by default
   */
  @Value.Default
  default OptimizerName optim() {
    return OptimizerName.ADAMW_TORCH_FUSED;
  }

  /**
   * What else the optimizer takes, by the keys that {@link OptimizerName} lists. Once built, a flag reads {@code true} or
   * {@code false}.
   *
   * @return empty by default
   */
  Map<String, String> optimArgs();

  /**
   * The weight decay, spared on biases and on the parameters of norms.
   *
   * @return at least 0; 0 by default
   */
  @Value.Default
  default double weightDecay() {
    return 0;
  }

  /**
   * How much Adam remembers of the gradient.
   *
   * @return at least 0, less than 1; 0.9 by default
   */
  @Value.Default
  default double adamBeta1() {
    return 0.9;
  }

  /**
   * How much Adam remembers of the squared gradient.
   *
   * @return at least 0, less than 1; 0.999 by default
   */
  @Value.Default
  default double adamBeta2() {
    return 0.999;
  }

  /**
   * What keeps Adam from dividing by zero.
   *
   * @return at least 0; 1e-8 by default
   */
  @Value.Default
  default double adamEpsilon() {
    return 1e-8;
  }

  /**
   * The largest global norm of the gradients before they are scaled down. The norm is measured and logged in any case.
   *
   * @return at least 0, where 0 switches clipping off; 1 by default
   */
  @Value.Default
  default double maxGradNorm() {
    return 1.0;
  }

  /**
   * The share of a label that is spread over all classes.
   *
   * @return from 0 to 1; 0 by default
   */
  @Value.Default
  default double labelSmoothingFactor() {
    return 0;
  }

  /**
   * NEFTune's alpha: while training, each number of the embeddings of tokens [texts, length, width] gets uniform noise of up to
   * {@code alpha / sqrt(length * width)} (Jain et al., 2023). For models that implement {@code NoisyEmbeddings}, as all of
   * trainer-transformers do, and for DJL blocks with {@link #neftuneEmbedding}.
   *
   * @return above 0, such as 5; unset by default, which means no noise
   */
  OptionalDouble neftuneNoiseAlpha();

  /**
   * The child of a DJL block whose outputs [texts, length, width] get the noise of {@link #neftuneNoiseAlpha}: what the names of
   * its parameters begin with, such as {@code 01Embedding}. The block is a {@code SequentialBlock}, the child one of its own or of one nested
   * in it.
   *
   * @return unset by default; needed for DJL blocks with noise, and refused elsewhere
   */
  Optional<String> neftuneEmbedding();

  /**
   * What to do about a loss or a gradient that is NaN or infinite.
   *
   * @return {@link NanPolicy#FAIL} by default
   */
  @Value.Default
  default NanPolicy nanPolicy() {
    return NanPolicy.FAIL;
  }
}
