// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.HiddenImplementation;
import dev.trainer4j.args.ValueType;
import java.util.List;
import org.immutables.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * How IA3 adapts a model (Liu et al.: Few-Shot Parameter-Efficient Fine-Tuning, 2022): PEFT's {@code IA3Config}. A
 * vector multiplies what a module gives, or, of feed-forward modules, what it gets.
 */
@HiddenImplementation
@Value.Immutable
public abstract non-sealed class Ia3Config implements PeftConfig {

  private static final class Table {
    static final ArgumentTable<Ia3Config, Builder> ROWS =
        ArgumentTable.of(Ia3Config.class, Ia3Config::builder, Builder::unchecked)
            .row("target_modules", ModuleNames.TYPE, "modules that get a vector")
            .row("exclude_modules", ModuleNames.TYPE, "modules that get none")
            .row("feedforward_modules", ModuleNames.TYPE, "those whose input it multiplies")
            .row("modules_to_save", ValueType.TEXTS, "modules that are trained as a whole")
            .row("fan_in_fan_out", ValueType.FLAG, "whether weights lie as GPT-2 has them")
            .row("task_type", TaskTypes.TYPE, "the task")
            .row("base_model_name_or_path", ValueType.TEXT, "the model that the adapter is for")
            .build();
  }

  Ia3Config() {}

  /** Returns a builder with PEFT's defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the description of the settings: names, types, ranges and help. */
  public static ArgumentTable<Ia3Config, Builder> table() {
    return Table.ROWS;
  }

  @Override
  public final String peftType() {
    return "IA3";
  }

  @Override
  public abstract @Nullable ModuleNames targetModules();

  @Override
  public abstract @Nullable ModuleNames excludeModules();

  /** Those of the target modules whose input is multiplied, not their output ({@code feedforward_modules}). Null by default: none. */
  public abstract @Nullable ModuleNames feedforwardModules();

  @Override
  public abstract List<String> modulesToSave();

  @Override
  @Value.Default
  public boolean fanInFanOut() {
    return false;
  }

  @Override
  public abstract @Nullable String taskType();

  @Override
  public abstract @Nullable String baseModelNameOrPath();

  /** Returns a builder that starts from these settings. */
  public Builder toBuilder() {
    return builder().from(this);
  }

  /** Returns whether the input of a module is multiplied, not its output. */
  public boolean isFeedforward(String module) {
    ModuleNames names = feedforwardModules();
    return names != null && names.matches(module);
  }

  /** Collects settings; {@link #build} checks them. */
  public static final class Builder extends ImmutableIa3Config.Builder {

    Builder() {}

    /** The modules that get a vector, by name. */
    public Builder targetModules(String... names) {
      targetModules(ModuleNames.of(names));
      return this;
    }

    /** Those of them whose input is multiplied, by name. */
    public Builder feedforwardModules(String... names) {
      feedforwardModules(ModuleNames.of(names));
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
    public Ia3Config build() {
      return table().checked(super.build(), "IA3 settings");
    }

    Ia3Config unchecked() {
      return super.build();
    }
  }
}
