// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.Device;
import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.Task;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The models of one {@code model_type}. */
public interface ModelFamily {

  /** Returns the value of {@code model_type} in {@code config.json}. */
  String modelType();

  /** Returns the start of the names of transformers' classes, such as {@code Bert}. */
  String className();

  /** Returns transformers' classes of the modules that are segments here, such as {@code BertLayer}. */
  List<String> layerClasses();

  /** Returns the prefix of the body's tensors, such as {@code bert}; base checkpoints lack it. */
  String basePrefix();

  /** Returns the tasks that the family has heads for. */
  Set<Task> tasks();

  /** Returns the end of the name of transformers' class for a task. */
  default String suffix(Task task) {
    return task.suffix();
  }

  /** Returns the special tokens of transformers' configuration class, for configurations without. */
  default Map<String, Integer> specialTokenDefaults() {
    return Map.of();
  }

  /**
   * Makes the architecture that {@code config} describes.
   *
   * @param config every key that is read through it counts as honoured
   * @param device where it will run: kernels may differ
   * @throws PretrainedException if the configuration asks for what the family does not do
   */
  Architecture create(ConfigReader config, Task task, Device device);
}
