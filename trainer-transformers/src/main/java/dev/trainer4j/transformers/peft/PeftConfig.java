// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What adapters of every method say: which modules they stand beside, and what else is trained and saved. */
public sealed interface PeftConfig permits LoraConfig, Ia3Config {

  /** The file's name in an adapter's folder. */
  String FILE_NAME = "adapter_config.json";

  /** Returns PEFT's name of the method: {@code LORA} or {@code IA3}. */
  String peftType();

  /** The modules that get an adapter ({@code target_modules}); null, the default, for those of the model's family. */
  @Nullable ModuleNames targetModules();

  /** Modules that get none, whatever else names them ({@code exclude_modules}). Null by default. */
  @Nullable ModuleNames excludeModules();

  /**
   * Modules that are trained as a whole, beside the adapters, and saved with them ({@code modules_to_save}): all whose
   * names end so. The head of a classifier is one of them without being named.
   */
  List<String> modulesToSave();

  /** PEFT's name of the task ({@code task_type}), such as {@code CAUSAL_LM}; null, the default, for the model's. */
  @Nullable String taskType();

  /** Whether adapted weights lie as GPT-2 has them ({@code fan_in_fan_out}). Known from the model and written for PEFT. Defaults to {@code false}. */
  boolean fanInFanOut();

  /**
   * The folder or name of the model that the adapter is for ({@code base_model_name_or_path}). Null, the default, for where the base
   * was loaded from: its name if that is the cache of the Hub, else the folder.
   */
  @Nullable String baseModelNameOrPath();

  /**
   * Reads an {@code adapter_config.json}.
   *
   * @param folder the adapter's folder
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it is not valid, or is of a method or asks for what is not supported; the
   *     message names the file and the key
   */
  static PeftConfig read(Path folder) throws IOException {
    return PeftConfigFile.read(folder.resolve(FILE_NAME));
  }
}
