// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

/** What the tensors of an adapter are called in memory and in {@code adapter_model.safetensors}, as PEFT has it. */
public final class AdapterNames {

  /** The file of an adapter's tensors. */
  public static final String FILE_NAME = "adapter_model.safetensors";

  /** The name of the adapter that is not given one. */
  public static final String DEFAULT = "default";

  private static final String PREFIX = "base_model.model.";

  private AdapterNames() {}

  /** Returns what the copy of a tensor is called that is trained as part of a module. */
  static String saved(String module, String tensor, String adapter) {
    return module + ".modules_to_save." + adapter + tensor.substring(module.length());
  }

  /** Returns what a module's vector of IA3 is called. */
  static String ia3(String module, String adapter) {
    return module + ".ia3_l." + adapter;
  }

  /** Returns what the rows of tokens of a table are called. */
  static String rows(String module, String adapter) {
    return module + ".token_adapter.trainable_tokens_delta." + adapter;
  }

  /** Returns what a parameter of an adapter is called in the adapter's file, which does not name it. */
  public static String inFile(String parameter, String adapter) {
    String name =
        parameter
            .replace(".modules_to_save." + adapter + ".", ".")
            .replace(".lora_magnitude_vector." + adapter + ".weight", ".lora_magnitude_vector");
    String end = "." + adapter;
    if (name.endsWith(end)) {
      name = name.substring(0, name.length() - end.length());
    }
    return PREFIX + name.replace("." + adapter + ".weight", ".weight");
  }

  /** Returns what a tensor of the base is called in the file: of adapted modules the base layer's. */
  public static String ofBase(String tensor, boolean isAdapted) {
    int dot = tensor.lastIndexOf('.');
    return PREFIX
        + (isAdapted ? tensor.substring(0, dot) + ".base_layer" + tensor.substring(dot) : tensor);
  }
}
