// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An argument of Hugging Face's version 4 that version 5 renamed or dropped. It is taken where its value says what happens anyway or
 * what a newer argument says, with a warning, and refused otherwise.
 *
 * @param reading what a value comes to
 * @param advice what a warning tells whoever still uses it
 */
record LegacyArgument(String name, Function<@Nullable Object, Outcome> reading, String advice) {

  /** What the value of an old argument comes to. */
  sealed interface Outcome {}

  /** The value of a newer argument. */
  record Renamed(String name, @Nullable Object value) implements Outcome {}

  /** What happens anyway. */
  record Idle() implements Outcome {}

  /** Something that cannot be had. */
  record Refused(String expected, String remedy) implements Outcome {}

  static final List<LegacyArgument> OF_TRAINING =
      List.of(
          flag("no_cuda", new Renamed("use_cpu", true)),
          new LegacyArgument(
              "warmup_ratio",
              LegacyArgument::warmupRatio,
              "Use warmup_steps, where a number below 1 is a share"),
          flag("include_inputs_for_metrics", new Renamed("include_for_metrics", List.of("inputs"))),
          flag("adafactor", new Renamed("optim", "adafactor")),
          flag("group_by_length", new Renamed("train_sampling_strategy", "group_by_length")),
          flag("include_tokens_per_second", new Renamed("include_num_input_tokens_seen", "all")),
          flag("use_mps_device", never("there is no MPS device to train on")),
          flag("jit_mode_eval", never("TorchScript models evaluate as they are")),
          flag("use_legacy_prediction_loop", never("there is one evaluation loop")),
          flag("tpu_metrics_debug", never("there are no TPUs")),
          dropped("save_safetensors", "checkpoints are always safetensors", true),
          dropped(
              "overwrite_output_dir",
              "an existing output_dir is used, and nothing but its own checkpoints is deleted",
              true),
          dropped("fp16_backend", "there is one mixed precision", "auto"),
          dropped("half_precision_backend", "there is one mixed precision", "auto"),
          dropped("fp16_opt_level", "there is one mixed precision", "O1"),
          dropped("past_index", "memories of past states are not carried", -1),
          dropped("ray_scope", "there is no Ray", "last"),
          dropped("mp_parameters", "there is no SageMaker model parallelism", ""),
          dropped("torchdynamo", "there is no Python to compile"),
          dropped("tpu_num_cores", "there are no TPUs"),
          dropped("_n_gpu", "a process has one device", -1, 0, 1),
          dropped("fsdp_min_num_params", "a model's layers are what is gathered at once", 0),
          dropped(
              "fsdp_transformer_layer_cls_to_wrap",
              "transformer_layer_cls_to_wrap in fsdp_config says it"),
          renamed("push_to_hub_model_id", "hub_model_id"),
          dropped("push_to_hub_organization", "hub_model_id has the owner before a slash"),
          renamed("push_to_hub_token", "hub_token"));

  static LegacyArgument renamed(String name, String newName) {
    return new LegacyArgument(
        name, value -> value == null ? new Idle() : new Renamed(newName, value), "Use " + newName);
  }

  /** A flag that was off by default, and is taken where it is. */
  private static LegacyArgument flag(String name, Outcome whenTrue) {
    String advice = whenTrue instanceof Renamed renamed ? "Use " + renamed.name() : "Remove it";
    return new LegacyArgument(
        name,
        value -> {
          Optional<Boolean> flag = value == null ? Optional.of(false) : ValueType.FLAG.read(value);
          return flag.map(on -> on ? whenTrue : new Idle())
              .orElseGet(() -> new Refused(ValueType.FLAG.expected(), ""));
        },
        advice);
  }

  /** An argument that is gone; null or one of these values asks for what happens anyway. */
  private static LegacyArgument dropped(String name, String why, Object... idleValues) {
    return new LegacyArgument(
        name,
        value ->
            value == null || Arrays.stream(idleValues).anyMatch(idle -> same(idle, value))
                ? new Idle()
                : new Refused("not to be set: " + why, "Remove it"),
        "Remove it: " + why);
  }

  /** A command line gives every value as a string. */
  private static boolean same(Object idle, Object value) {
    return idle instanceof Boolean
        ? ValueType.FLAG.read(value).filter(idle::equals).isPresent()
        : String.valueOf(value).equals(idle.toString());
  }

  private static Outcome never(String why) {
    return new Refused("not to be set: " + why, "Remove it");
  }

  /** Files written by version 4 hold both names, this one mostly at 0. */
  private static Outcome warmupRatio(@Nullable Object value) {
    if (value == null) {
      return new Idle();
    }
    ValueType<Double> share = ValueType.numberFromToBelow(0, 1);
    return share
        .readInRange(value)
        .map(ratio -> ratio == 0 ? new Idle() : new Renamed("warmup_steps", ratio))
        .orElseGet(() -> new Refused(share.expected(), "Use warmup_steps"));
  }
}
