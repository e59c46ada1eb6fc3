// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.util.Optional;

/** How to load a model, in Java and in Python. */
final class LoadingText {
  private LoadingText() {}

  static String of(ModelPlace place, SavedModel model, Optional<String> base) {
    String id = place.id();
    if (model.isAdapter()) {
      return adapter(place, model, base.orElse("path/to/base"));
    }
    if (model.head().isPresent()) {
      SavedModel.Head head = model.head().get();
      return java(
              "Path folder = %s;\n".formatted(place.java())
                  + "PretrainedModel model = AutoModels.%s(folder);\n".formatted(head.java())
                  + "PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder);")
          + python(
              "from transformers import AutoTokenizer, %s\n\n".formatted(head.python())
                  + "model = %s.from_pretrained(\"%s\")\n".formatted(head.python(), id)
                  + "tokenizer = AutoTokenizer.from_pretrained(\"%s\")".formatted(id));
    }
    return java(
            "Path weights = %s.resolve(\"model.safetensors\");\n".formatted(place.java())
                + "SafetensorsFile tensors = SafetensorsFile.open(weights);")
        + python(
            place.isOnHub()
                ? "from huggingface_hub import hf_hub_download\n"
                    + "from safetensors.torch import load_file\n\n"
                    + "tensors = load_file(hf_hub_download(\"%s\", \"model.safetensors\"))"
                        .formatted(id)
                : "from safetensors.torch import load_file\n\n"
                    + "tensors = load_file(\"%s/model.safetensors\")".formatted(id));
  }

  /** PEFT has a class for each task, and refuses adapters of another one, and those without a task. */
  private static String adapter(ModelPlace place, SavedModel model, String base) {
    String id = place.id();
    String java = model.head().map(SavedModel.Head::java).orElse("featureExtraction");
    String inJava =
        java(
            "Path base = Hub.model(\"%s\");\n".formatted(base)
                + "PretrainedModel model = AutoModels.%s(base);\n".formatted(java)
                + "PeftModel adapted = PeftModel.load(model, %s);".formatted(place.java()));
    if (model.head().isEmpty()) {
      return inJava
          + python(
              "from peft import PeftModel\nfrom transformers import AutoModel\n\n"
                  + "model = AutoModel.from_pretrained(\"%s\")\n".formatted(base)
                  + "model = PeftModel.from_pretrained(model, \"%s\")".formatted(id));
    }
    String type = model.head().get().python().replaceFirst("^Auto", "AutoPeft");
    return inJava
        + python(
            "from peft import %s\n\n".formatted(type)
                + "model = %s.from_pretrained(\"%s\")".formatted(type, id));
  }

  private static String java(String code) {
    return "In Java, with Trainer4J:\n\n```java\n" + code + "\n```\n\n";
  }

  private static String python(String code) {
    return "In Python:\n\n```python\n" + code + "\n```\n";
  }
}
