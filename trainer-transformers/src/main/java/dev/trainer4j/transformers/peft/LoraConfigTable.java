// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.INT;
import static dev.trainer4j.args.ValueType.TEXT;
import static dev.trainer4j.args.ValueType.TEXTS;
import static dev.trainer4j.args.ValueType.choice;
import static dev.trainer4j.args.ValueType.listOf;
import static dev.trainer4j.args.ValueType.numberAbove;
import static dev.trainer4j.args.ValueType.numberFromToBelow;
import static dev.trainer4j.args.ValueType.wholeFrom;

import dev.trainer4j.args.ArgumentProblems;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.ValueType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The settings of LoRA, one row each, and what must hold between them. */
final class LoraConfigTable {

  /** A name alone is a list of one, as in PEFT. */
  private static final ValueType<List<String>> NAMES =
      TEXTS.or(raw -> raw instanceof String name ? Optional.of(List.of(name)) : Optional.empty());

  private static final ValueType<List<Integer>> NUMBERS =
      listOf(INT, "whole numbers, each at least 0")
          .where(numbers -> numbers.stream().allMatch(number -> number >= 0))
          .or(
              raw ->
                  raw instanceof Integer number ? Optional.of(List.of(number)) : Optional.empty());

  private static final ValueType<String> BEGINNING =
      ValueType.<String>of(
              String.class,
              "true, false, gaussian or pissa",
              raw -> Optional.of(String.valueOf(raw)))
          .where(text -> List.of("true", "false", "gaussian", "pissa").contains(text))
          .writing(text -> List.of("true", "false").contains(text) ? Boolean.valueOf(text) : text);

  static final ArgumentTable<LoraConfig, LoraConfig.Builder> TABLE =
      ArgumentTable.of(LoraConfig.class, LoraConfig::builder, LoraConfig.Builder::unchecked)
          .row("r", wholeFrom(1), "rank of a pair")
          .row("lora_alpha", numberAbove(0), "what a pair is multiplied by, times its rank")
          .row("lora_dropout", numberFromToBelow(0, 1), "dropout of a pair's input in training")
          .row("target_modules", ModuleNames.TYPE, "modules that get a pair")
          .row("exclude_modules", ModuleNames.TYPE, "modules that get none")
          .row("bias", choice("none", "all", "lora_only"), "biases that are trained")
          .row("use_rslora", FLAG, "divide alpha by the root of the rank")
          .row("use_dora", FLAG, "train magnitudes apart from directions")
          .row("modules_to_save", NAMES, "modules that are trained as a whole")
          .row("init_lora_weights", BEGINNING, "how pairs begin")
          .row("layers_to_transform", NUMBERS, "layers that are adapted")
          .row("layers_pattern", NAMES, "what the list of layers is called")
          .row("rank_pattern", mapOf(wholeFrom(1)), "ranks by the end of a module's name")
          .row("alpha_pattern", mapOf(numberAbove(0)), "alphas by the end of a module's name")
          .row("trainable_token_indices", NUMBERS, "tokens whose embeddings are trained")
          .row("fan_in_fan_out", FLAG, "whether weights lie as GPT-2 has them")
          .row("task_type", TaskTypes.TYPE, "the task")
          .row("base_model_name_or_path", TEXT, "the model that the adapter is for")
          .apart("seed")
          .rules(LoraConfigTable::check)
          .build();

  private LoraConfigTable() {}

  @SuppressWarnings("unchecked")
  private static <T> ValueType<Map<String, T>> mapOf(ValueType<T> element) {
    return ValueType.of(
        (Class<Map<String, T>>) (Class<?>) Map.class,
        "a map of names of modules to values that are each " + element.expected(),
        raw -> {
          if (!(raw instanceof Map<?, ?> map)) {
            return Optional.empty();
          }
          Map<String, T> read = new LinkedHashMap<>();
          for (Map.Entry<?, ?> entry : map.entrySet()) {
            Optional<T> value =
                entry.getValue() == null
                    ? Optional.empty()
                    : element.parse().apply(entry.getValue()).filter(element.accepts());
            if (value.isEmpty()) {
              return Optional.empty();
            }
            read.put(String.valueOf(entry.getKey()), value.get());
          }
          return Optional.of(read);
        });
  }

  private static void check(LoraConfig config, ArgumentProblems problems) {
    ModuleNames targets = config.targetModules();
    boolean named = targets == null || targets.expression() == null;
    problems.check(
        !named && !config.layersToTransform().isEmpty(),
        "layers_to_transform",
        "to be unset where target_modules is an expression, which can name layers itself",
        "");
    problems.check(
        config.layersToTransform().isEmpty() && !config.layersPattern().isEmpty(),
        "layers_pattern",
        "to be unset without layers_to_transform",
        "");
  }
}
