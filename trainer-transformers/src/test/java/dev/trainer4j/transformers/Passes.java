// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.Gradients;
import dev.trainer4j.torch.Seeds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What passes of a golden model compute, to the bit: a hash of each output and each gradient. */
final class Passes {

  private Passes() {}

  /** A line for each golden model: its name, a forward and backward pass, and a forward pass alone. */
  public static void main(String[] args) throws IOException {
    for (String name : ParityModels.all()) {
      try (PretrainedModel model = ParityModels.load(name)) {
        System.out.println("pass\t" + name + "\t" + trained(model, name) + "\t" + run(model, name));
      }
    }
  }

  /** A pass with gradients. */
  static Map<String, Integer> trained(PretrainedModel model, String name) {
    List<NDArray> parameters = model.parameters().stream().map(NamedParameter::array).toList();
    try (Autograd.Recording on = Autograd.record(true);
        Autograd autograd = new Autograd();
        ArrayScope scope = ArrayScope.open();
        Gradients gradients = new Gradients(parameters)) {
      return Seeds.with(
          5,
          () -> {
            ModelOutput output = forward(model, name, true);
            Map<String, Integer> hashes = hashes(output);
            LossOutput loss = Objects.requireNonNull(output.loss());
            autograd.backward(loss.value());
            for (NamedParameter parameter : model.parameters()) {
              hashes.put(parameter.name(), hash(parameter.array().getGradient()));
            }
            gradients.zero();
            return hashes;
          });
    }
  }

  /** A pass outside of training, by somebody who says nothing of gradients. */
  static Map<String, Integer> run(PretrainedModel model, String name) {
    try (ArrayScope scope = ArrayScope.open()) {
      return hashes(forward(model, name, false));
    }
  }

  private static ModelOutput forward(PretrainedModel model, String name, boolean training) {
    try {
      return model.forward(ParityModels.inputs(name, model.manager()), training);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, Integer> hashes(ModelOutput output) {
    Map<String, Integer> hashes = new LinkedHashMap<>();
    output.arrays().forEach((key, array) -> hashes.put(key, hash(array)));
    return hashes;
  }

  private static int hash(NDArray array) {
    return array.getDataType().isFloating()
        ? Arrays.hashCode(array.toFloatArray())
        : Arrays.hashCode(array.toLongArray());
  }
}
