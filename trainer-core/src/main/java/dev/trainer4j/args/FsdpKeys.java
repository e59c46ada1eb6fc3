// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.TEXTS;
import static dev.trainer4j.args.ValueType.choice;
import static dev.trainer4j.args.ValueType.wholeFrom;

import dev.trainer4j.args.ShardingPlan.Stage;
import dev.trainer4j.args.ShardingPlan.StateDictType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The words of {@code fsdp} and the keys of {@code fsdp_config}, and what they take. */
final class FsdpKeys {
  private FsdpKeys() {}

  /** FSDP's sharding strategies, by PyTorch's numbers for them. */
  enum Strategy {
    FULL_SHARD(1, Stage.PARAMETERS, false),
    SHARD_GRAD_OP(2, Stage.GRADIENTS, false),
    NO_SHARD(3, Stage.NONE, false),
    HYBRID_SHARD(4, Stage.PARAMETERS, true),
    HYBRID_SHARD_ZERO2(5, Stage.GRADIENTS, true);

    private final int number;
    private final Stage stage;
    private final boolean hybrid;

    Strategy(int number, Stage stage, boolean hybrid) {
      this.number = number;
      this.stage = stage;
      this.hybrid = hybrid;
    }

    Stage stage() {
      return stage;
    }

    boolean isHybrid() {
      return hybrid;
    }

    /** By its name in any case, PyTorch's own with a line before it, or its number. */
    static Optional<Strategy> of(String word) {
      String name = word.strip().toUpperCase(Locale.ROOT).replaceFirst("^_", "");
      return Arrays.stream(values())
          .filter(one -> one.name().equals(name) || name.equals("" + one.number))
          .findFirst();
    }
  }

  static final ValueType<Strategy> STRATEGY =
      ValueType.<Strategy>of(
              Strategy.class,
              "one of full_shard, shard_grad_op, no_shard, hybrid_shard, hybrid_shard_zero2",
              raw -> Strategy.of(String.valueOf(raw)))
          .writing(ValueType::hfName);

  /** FSDP 2 has a flag here, FSDP 1 a strategy. */
  static final ValueType<Strategy> RESHARD =
      ValueType.<Strategy>of(
              Strategy.class,
              "true, false, " + STRATEGY.expected(),
              raw ->
                  raw.equals("1") || raw.equals(1)
                      ? Optional.of(Strategy.FULL_SHARD)
                      : FLAG.read(raw)
                          .map(on -> on ? Strategy.FULL_SHARD : Strategy.SHARD_GRAD_OP)
                          .or(() -> STRATEGY.read(raw)))
          .writing(FsdpKeys::written);

  static final ValueType<StateDictType> STATE_DICT =
      ValueType.<StateDictType>of(
              StateDictType.class,
              "one of FULL_STATE_DICT, SHARDED_STATE_DICT, LOCAL_STATE_DICT",
              raw ->
                  Arrays.stream(StateDictType.values())
                      .filter(type -> type.name().equals(raw))
                      .findFirst())
          .writing(Enum::name);

  /** Python's classes of layers, of which each is a segment here; Accelerate joins them by commas. */
  static final ValueType<List<String>> CLASSES =
      ValueType.<List<String>>of(
              List.class,
              "names of Python classes such as BertLayer, as a list or joined by commas",
              raw ->
                  raw instanceof String text
                      ? Optional.of(Arrays.stream(text.split(",")).map(String::strip).toList())
                      : TEXTS.read(raw))
          .where(names -> names.stream().allMatch(name -> name.matches("[A-Za-z_][A-Za-z_0-9]*")))
          .writing(ArrayList::new);

  /** YAML reads a bare no as false. */
  private static final ValueType<String> PREFETCH =
      ValueType.of(
          String.class,
          "one of BACKWARD_PRE, BACKWARD_POST, NO_PREFETCH",
          raw ->
              Optional.of(
                      raw.equals(false) ? "NO_PREFETCH" : raw.toString().toUpperCase(Locale.ROOT))
                  .filter(name -> name.matches("BACKWARD_PRE|BACKWARD_POST|NO_PREFETCH")));

  private static final String ONE_WRAPPING =
      "a model's own segments, its layers, are what is gathered at once";
  private static final String NO_XLA = "there is no XLA to run on";

  static final ConfigKeys KEYS =
      new ConfigKeys("fsdp_config", "fsdp_")
          .takes("version", wholeFrom(1).where("1 or 2", version -> version <= 2))
          .takes("reshard_after_forward", RESHARD)
          .takes("sharding_strategy", STRATEGY)
          .takes("cpu_offload", FLAG)
          .takes("activation_checkpointing", FLAG)
          .takes("cpu_ram_efficient_loading", FLAG)
          .takes("state_dict_type", STATE_DICT)
          .takes("transformer_layer_cls_to_wrap", CLASSES)
          .takes("sync_module_states", FLAG)
          .anyway(
              "auto_wrap_policy",
              choice("TRANSFORMER_BASED_WRAP").where("TRANSFORMER_BASED_WRAP", name -> true),
              ONE_WRAPPING)
          .anyway("min_num_params", wholeFrom(0).where("0", count -> count == 0), ONE_WRAPPING)
          .off(
              "activations are computed again, and not kept in the memory of the CPU",
              "activation_checkpointing_offload")
          .off(NO_XLA, "xla", "xla_fsdp_v2", "xla_fsdp_grad_ckpt")
          .never(NO_XLA, "xla_fsdp_settings")
          .never("bf16 and fp16 say it", "mixed_precision", "mixed_precision_policy")
          .never("freeze a parameter to leave it out", "ignored_modules")
          .withoutEffect(FLAG, "forward_prefetch", "use_orig_params", "limit_all_gathers")
          .withoutEffect(PREFETCH, "backward_prefetch")
          .alias("offload_params", "cpu_offload")
          .alias("transformer_cls_names_to_wrap", "transformer_layer_cls_to_wrap");

  static final String OFF_WORD = "offload";
  private static final String WRAP_WORD = "auto_wrap";

  /** What {@code fsdp} takes: a flag, or FSDP 1's words. Off is an empty list, and on the word full_shard. */
  static final ValueType<List<String>> SWITCH =
      ValueType.<List<String>>of(
              List.class,
              "true, false, or words out of full_shard, shard_grad_op, no_shard, hybrid_shard,"
                  + " hybrid_shard_zero2, offload, auto_wrap",
              FsdpKeys::readWords)
          .where(FsdpKeys::areWords)
          .writing(FsdpKeys::writtenWords)
          .orNull()
          .taking(ValueType.Arity.AT_MOST_ONE);

  static Object written(Strategy strategy) {
    return switch (strategy) {
      case FULL_SHARD -> true;
      case SHARD_GRAD_OP -> false;
      case NO_SHARD, HYBRID_SHARD, HYBRID_SHARD_ZERO2 -> ValueType.hfName(strategy);
    };
  }

  private static Optional<List<String>> readWords(Object raw) {
    Optional<Boolean> flag = FLAG.read(raw);
    if (flag.isPresent()) {
      return flag.map(on -> on ? List.of("full_shard") : List.of());
    }
    if (raw instanceof String text) {
      // Version 4 writes nothing for off.
      return Optional.of(text.isBlank() ? List.of() : List.of(text.strip().split("[\\s,]+")));
    }
    return raw instanceof List<?> list && list.isEmpty() ? Optional.of(List.of()) : TEXTS.read(raw);
  }

  private static boolean areWords(List<String> words) {
    return words.stream()
        .allMatch(
            word ->
                word.equals(OFF_WORD)
                    || word.equals(WRAP_WORD)
                    || (Strategy.of(word).isPresent() && !word.matches("[0-9]+")));
  }

  private static Object writtenWords(List<String> words) {
    return words.isEmpty()
        ? (Object) false
        : words.equals(List.of("full_shard")) ? true : String.join(" ", words);
  }
}
