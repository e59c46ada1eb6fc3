// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import dev.trainer4j.Trainer;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.Optimizers;
import dev.trainer4j.optim.ParameterGroup;
import java.util.List;

/** {@code torch.optim.AdamW(model.parameters())}, which lets everything decay. */
final class PlainAdamW extends Trainer {
  PlainAdamW(Builder builder) {
    super(builder);
  }

  @Override
  protected Optimizer createOptimizer(List<ParameterGroup> groups) {
    List<NamedParameter> all =
        groups.stream().flatMap(group -> group.parameters().stream()).toList();
    return Optimizers.adamW(
        List.of(new ParameterGroup(all, groups.get(0).learningRate(), 0.01)),
        0.9,
        0.999,
        1e-8,
        false);
  }
}
