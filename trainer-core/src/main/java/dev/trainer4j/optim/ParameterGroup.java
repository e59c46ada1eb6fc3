// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import dev.trainer4j.model.NamedParameter;
import java.util.List;
import java.util.stream.Stream;

/**
 * Parameters that share a learning rate and a weight decay.
 *
 * @param parameters at least one
 * @param learningRate base rate, at least 0; a schedule multiplies it
 * @param weightDecay at least 0
 */
public record ParameterGroup(
    List<NamedParameter> parameters, double learningRate, double weightDecay) {

  /** Copies the list and checks the numbers. */
  public ParameterGroup {
    parameters = List.copyOf(parameters);
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException("a parameter group needs at least one parameter");
    }
    if (!(learningRate >= 0) || !(weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "learningRate and weightDecay must be at least 0, but are "
              + learningRate
              + " and "
              + weightDecay);
    }
  }

  /**
   * Splits parameters as Hugging Face's Trainer does: weights decay, biases and norms do not.
   *
   * @return one or two groups
   */
  public static List<ParameterGroup> decayAndNoDecay(
      List<NamedParameter> parameters, double learningRate, double weightDecay) {
    return Stream.of(true, false)
        .map(decays -> parameters.stream().filter(p -> p.decays() == decays).toList())
        .filter(members -> !members.isEmpty())
        .map(
            members ->
                new ParameterGroup(
                    members, learningRate, members.get(0).decays() ? weightDecay : 0))
        .toList();
  }
}
