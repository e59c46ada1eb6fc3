// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.util.Optional;

/** How to load a model, in Java and in Python. */
final class LoadingText {
  private LoadingText() {}

  static String of(HubRepo repo, SavedModel model, Optional<String> base) {
    String id = repo.id();
    if (model.isAdapter()) {
      String basis = base.orElse("path/to/base");
      return java(
              "Path adapter = Hub.model(\"%s\");\n".formatted(id)
                  + "Path base = Hub.model(\"%s\");".formatted(basis))
          + python(
              "from peft import AutoPeftModel\n\n"
                  + "model = AutoPeftModel.from_pretrained(\"%s\")".formatted(id));
    }
    if (model.head().isPresent()) {
      SavedModel.Head head = model.head().get();
      return java(
              "Path folder = Hub.model(\"%s\");\n".formatted(id)
                  + "PretrainedModel model = AutoModels.%s(folder);\n".formatted(head.java())
                  + "PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder);")
          + python(
              "from transformers import AutoTokenizer, %s\n\n".formatted(head.python())
                  + "model = %s.from_pretrained(\"%s\")\n".formatted(head.python(), id)
                  + "tokenizer = AutoTokenizer.from_pretrained(\"%s\")".formatted(id));
    }
    return java(
            "Path weights = Hub.model(\"%s\").resolve(\"model.safetensors\");\n".formatted(id)
                + "SafetensorsFile tensors = SafetensorsFile.open(weights);")
        + python(
            "from huggingface_hub import hf_hub_download\n"
                + "from safetensors.torch import load_file\n\n"
                + "tensors = load_file(hf_hub_download(\"%s\", \"model.safetensors\"))"
                    .formatted(id));
  }

  private static String java(String code) {
    return "In Java, with Trainer4J:\n\n```java\n" + code + "\n```\n\n";
  }

  private static String python(String code) {
    return "In Python:\n\n```python\n" + code + "\n```\n";
  }
}
