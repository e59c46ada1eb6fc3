// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.NamedParameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which parameters of a model are trained, by patterns of their names. */
final class Freezing {

  private final ModelCore core;

  Freezing(ModelCore core) {
    this.core = core;
  }

  /** Freezes or releases what each of the patterns matches, whole or up to a dot. */
  void setTrainable(boolean trainable, String... patterns) {
    if (core.dtype() != Dtype.FLOAT32) {
      throw new IllegalStateException(
          "the weights are of "
              + core.dtype()
              + ", which is not trained: there is nothing to freeze");
    }
    List<NDArray> chosen = new ArrayList<>();
    for (String pattern : patterns) {
      Pattern compiled = Pattern.compile("(?:" + pattern + ")(?:\\..*)?");
      List<NamedParameter> matching =
          core.parameters().stream().filter(p -> compiled.matcher(p.name()).matches()).toList();
      if (matching.isEmpty()) {
        throw new IllegalArgumentException(
            "no parameter is called '"
                + pattern
                + "', and none of a name that begins so; there are "
                + String.join(", ", modules()));
      }
      if (trainable) {
        requireTrainable(pattern, matching);
      }
      matching.forEach(parameter -> chosen.add(parameter.array()));
    }
    chosen.forEach(array -> array.setRequiresGradient(trainable));
  }

  /** What is quantized can be frozen, which it is, but not trained. */
  private void requireTrainable(String pattern, List<NamedParameter> matching) {
    for (NamedParameter parameter : matching) {
      if (core.isQuantized(parameter.name())) {
        throw new IllegalArgumentException(
            "'"
                + pattern
                + "' means "
                + parameter.name()
                + ", which is quantized, and cannot be trained: name what is not quantized, train adapters"
                + " over it (PeftModel), or leave it out of quantization with llmInt8SkipModules");
      }
    }
  }

  private List<String> modules() {
    return core.parameters().stream()
        .map(p -> p.name().replaceAll("\\.[^.]+$", ""))
        .distinct()
        .toList();
  }

  /** Freezes what transformers calls {@code base_model}. */
  void freezeBase() {
    String base = ModelFamilies.of(core.config(), core.task()).basePrefix() + ".";
    boolean hasHead = core.task() != Task.FEATURE_EXTRACTION;
    Set<String> head =
        core.parameters().stream()
            .map(NamedParameter::name)
            .filter(name -> hasHead && core.architecture().mayBeFresh(name))
            .filter(name -> !name.startsWith(base))
            .collect(Collectors.toSet());
    if (head.isEmpty()) {
      throw new IllegalStateException(
          "a model for "
              + core.task()
              + " has no head of its own to be trained alone; name what to freeze with freeze(...)");
    }
    core.parameters().stream()
        .filter(p -> !head.contains(p.name()))
        .forEach(p -> p.array().setRequiresGradient(false));
  }
}
