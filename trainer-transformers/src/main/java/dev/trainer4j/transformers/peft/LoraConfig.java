// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.HiddenImplementation;
import java.util.List;
import java.util.Map;
import org.immutables.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * How LoRA adapts a model (Hu et al.: LoRA: Low-Rank Adaptation of Large Language Models, 2021): PEFT's {@code
 * LoraConfig}, with its names in camelCase, its defaults and its meaning.
 *
 * <pre>{@code
 * LoraConfig.builder().r(16).loraAlpha(32).targetModules("all-linear").loraDropout(0.05).build()
 * }</pre>
 */
@HiddenImplementation
@Value.Immutable
public abstract non-sealed class LoraConfig implements PeftConfig {

  LoraConfig() {}

  /** Returns a builder with PEFT's defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the description of the settings: names, types, ranges and help. */
  public static ArgumentTable<LoraConfig, Builder> table() {
    return LoraConfigTable.TABLE;
  }

  @Override
  public final String peftType() {
    return "LORA";
  }

  /** The rank of a pair. Defaults to {@code 8}. */
  @Value.Default
  public int r() {
    return 8;
  }

  /** What the product of a pair is multiplied by, before it is divided by the rank ({@code lora_alpha}). Defaults to {@code 8}. */
  @Value.Default
  public double loraAlpha() {
    return 8;
  }

  /** The rate of dropout of a pair's input while training ({@code lora_dropout}). Defaults to {@code 0}. */
  @Value.Default
  public double loraDropout() {
    return 0;
  }

  @Override
  public abstract @Nullable ModuleNames targetModules();

  @Override
  public abstract @Nullable ModuleNames excludeModules();

  /** Which biases are trained: {@code none}, the default, {@code all}, or {@code lora_only}, those of adapted modules. */
  @Value.Default
  public String bias() {
    return "none";
  }

  /** Whether alpha is divided by the root of the rank (Kalajdzievski: A Rank Stabilization Scaling Factor, 2023; {@code use_rslora}). Defaults to {@code false}. */
  @Value.Default
  public boolean useRslora() {
    return false;
  }

  /** Whether magnitudes are trained apart from directions (Liu et al.: DoRA, 2024; {@code use_dora}). Defaults to {@code false}. */
  @Value.Default
  public boolean useDora() {
    return false;
  }

  @Override
  public abstract List<String> modulesToSave();

  /**
   * How pairs begin ({@code init_lora_weights}): {@code true}, the default, with A drawn uniformly and B zero;
   * {@code gaussian}, with A normal; {@code false}, both drawn, for tests; {@code pissa}, with the largest singular
   * values of the weight, which loses them (Meng et al.: PiSSA, 2024).
   */
  @Value.Default
  public String initLoraWeights() {
    return "true";
  }

  /** The layers that are adapted, by number ({@code layers_to_transform}), where target modules are a list. Empty by default: all. */
  public abstract List<Integer> layersToTransform();

  /** What the list of layers is called in names of modules ({@code layers_pattern}), such as {@code layers}. Empty by default: whatever stands before the first number. */
  public abstract List<String> layersPattern();

  /** Ranks of modules that differ from {@code r}, by the end of a name or an expression for it ({@code rank_pattern}). */
  public abstract Map<String, Integer> rankPattern();

  /** Alphas of modules that differ from {@code loraAlpha}, by the end of a name or an expression for it ({@code alpha_pattern}). */
  public abstract Map<String, Double> alphaPattern();

  /** Tokens whose embeddings are trained, each a row of its own ({@code trainable_token_indices}). Empty by default. */
  public abstract List<Integer> trainableTokenIndices();

  @Override
  @Value.Default
  public boolean fanInFanOut() {
    return false;
  }

  @Override
  public abstract @Nullable String taskType();

  @Override
  public abstract @Nullable String baseModelNameOrPath();

  /** Seeds the draws of what begins at random. Not a key of the file: in PEFT the seed is the process's. Defaults to {@code 42}. */
  @Value.Default
  public long seed() {
    return 42;
  }

  /** Returns a builder that starts from these settings. */
  public Builder toBuilder() {
    return builder().from(this);
  }

  /** Returns the scale of the pair of a module: alpha over the rank, or over its root. */
  public double scaleOf(String module) {
    double alpha = Patterns.valueFor(module, alphaPattern(), loraAlpha());
    int rank = rankOf(module);
    return alpha / (useRslora() ? Math.sqrt(rank) : rank);
  }

  /** Returns the rank of the pair of a module. */
  public int rankOf(String module) {
    return Patterns.valueFor(module, rankPattern(), r());
  }

  /** Collects settings; {@link #build} checks them. */
  public static final class Builder extends ImmutableLoraConfig.Builder {

    Builder() {}

    /** The modules that get a pair, by name; or the one word {@code all-linear}. */
    public Builder targetModules(String... names) {
      targetModules(ModuleNames.of(names));
      return this;
    }

    /** Modules that get none, by name. */
    public Builder excludeModules(String... names) {
      excludeModules(ModuleNames.of(names));
      return this;
    }

    /** Modules that are trained and saved as a whole, by name. */
    public Builder modulesToSave(String... names) {
      modulesToSave(List.of(names));
      return this;
    }

    /**
     * Returns the settings.
     *
     * @throws dev.trainer4j.args.InvalidArgumentsException naming each setting whose value cannot be, all at once
     */
    @Override
    public LoraConfig build() {
      return LoraConfigTable.TABLE.checked(super.build(), "LoRA settings");
    }

    LoraConfig unchecked() {
      return super.build();
    }
  }
}
