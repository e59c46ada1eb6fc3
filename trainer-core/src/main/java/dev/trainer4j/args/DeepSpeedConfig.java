// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.DeepSpeedKeys.DEVICE;
import static dev.trainer4j.args.DeepSpeedKeys.ELEMENTS;
import static dev.trainer4j.args.DeepSpeedKeys.SCHEDULER;
import static dev.trainer4j.args.DeepSpeedKeys.STAGE;
import static dev.trainer4j.args.DeepSpeedKeys.ZERO;
import static dev.trainer4j.args.ValueType.FLAG;

import dev.trainer4j.args.ShardingPlan.Stage;
import dev.trainer4j.args.ShardingPlan.StateDictType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code deepspeed}: DeepSpeed's {@code ds_config.json}, as far as it says what is shared out. */
final class DeepSpeedConfig {
  private static final Logger log = LoggerFactory.getLogger(DeepSpeedConfig.class);

  private static final String OFFLOAD_OPTIMIZER = ZERO + "offload_optimizer.device";
  private static final String OFFLOAD_PARAMETERS = ZERO + "offload_param.device";
  private static final String GATHERS = ZERO + "stage3_gather_16bit_weights_on_model_save";

  private static final String WARMUP_TYPE = SCHEDULER + "warmup_type";

  private final ConfigReading reading;

  private DeepSpeedConfig(ConfigReading reading) {
    this.reading = reading;
  }

  static DeepSpeedConfig of(ShardingArguments args) {
    return new DeepSpeedConfig(DeepSpeedKeys.KEYS.read(args.deepspeed()));
  }

  boolean isOn() {
    return !reading.values().isEmpty()
        || !reading.withoutEffect().isEmpty()
        || !reading.problems().isEmpty();
  }

  /** All mistakes of the file, and all its differences from the arguments. */
  List<ArgumentProblem> problems(TrainingArguments args) {
    ConfigReading found = reading.copy();
    offloadWithoutStage(found);
    scheduler(found);
    found.problems().addAll(new DeepSpeedAgreement(found).with(args));
    return found.problems();
  }

  /** All differences from the arguments that show when the ranks and the updates of a run are known. */
  List<ArgumentProblem> problems(TrainingArguments args, int worldSize, long totalSteps) {
    return new DeepSpeedAgreement(reading).with(args, worldSize, totalSteps);
  }

  private void offloadWithoutStage(ConfigReading found) {
    if (offloads(OFFLOAD_OPTIMIZER, "cpu_offload") && stage() == 0) {
      found.problem(
          found.has(OFFLOAD_OPTIMIZER) ? OFFLOAD_OPTIMIZER : ZERO + "cpu_offload",
          "a 'stage' of 1, 2 or 3, since stage 0 shares nothing out",
          "Set 'zero_optimization.stage'");
    }
    if (offloads(OFFLOAD_PARAMETERS, "cpu_offload_params") && stage() != 3) {
      found.problem(
          found.has(OFFLOAD_PARAMETERS) ? OFFLOAD_PARAMETERS : ZERO + "cpu_offload_params",
          "a 'stage' of 3, since only that shares parameters out",
          "Set 'zero_optimization.stage'");
    }
  }

  private static void scheduler(ConfigReading found) {
    String type = found.get("scheduler.type", ValueType.TEXT).orElse("WarmupLR");
    if (!type.equals("WarmupLR") && !type.equals("WarmupDecayLR")) {
      found.problem(
          "scheduler.type",
          "WarmupLR or WarmupDecayLR; the other schedules are not DeepSpeed's here",
          "Remove 'scheduler' and use lr_scheduler_type");
    }
  }

  ShardingPlan plan(long bucketBytes) {
    boolean whole = stage() < 3 || reading.isOn(GATHERS);
    return new ShardingPlan(
        sharedOut(),
        false,
        offloads(OFFLOAD_OPTIMIZER, "cpu_offload"),
        offloads(OFFLOAD_PARAMETERS, "cpu_offload_params"),
        whole ? StateDictType.FULL_STATE_DICT : StateDictType.SHARDED_STATE_DICT,
        // Gradients are float32.
        reading
            .get(ZERO + "reduce_bucket_size", ELEMENTS)
            .map(elements -> elements * Float.BYTES)
            .orElse(bucketBytes),
        false);
  }

  /** What has an effect, and a warning about the rest. */
  Map<String, Object> canonical() {
    reading.warn();
    if (!reading.has("scheduler.type") || reading.has(WARMUP_TYPE)) {
      return reading.canonical();
    }
    log.warn(
        "deepspeed.scheduler has no warmup_type: the learning rate rises linearly here, where"
            + " DeepSpeed's own default is log.");
    Map<String, Object> values = new LinkedHashMap<>(reading.values());
    values.put(WARMUP_TYPE, "linear");
    return reading.with(values).canonical();
  }

  private Stage sharedOut() {
    return switch (stage()) {
      case 0 -> Stage.NONE;
      case 1 -> Stage.OPTIMIZER;
      case 2 -> Stage.GRADIENTS;
      default -> Stage.PARAMETERS;
    };
  }

  int stage() {
    return reading.get(ZERO + "stage", STAGE).orElse(0);
  }

  private boolean offloads(String key, String olderFlag) {
    boolean older = reading.get(ZERO + olderFlag, FLAG).orElse(false);
    return reading.get(key, DEVICE).map(device -> device.equals("cpu")).orElse(older);
  }

  /** An optimizer of the file by the name of an argument; empty if there is none like it. */
  static List<OptimizerName> optimizers(String type, boolean decoupled) {
    return switch (type.toLowerCase(Locale.ROOT)) {
      case "adamw" -> adamW();
      case "adam" -> decoupled ? adamW() : List.of(OptimizerName.ADAM);
      case "sgd" -> List.of(OptimizerName.SGD);
      case "adagrad" -> List.of(OptimizerName.ADAGRAD);
      case "lion" -> List.of(OptimizerName.LION_32BIT);
      default -> List.of();
    };
  }

  private static List<OptimizerName> adamW() {
    return List.of(OptimizerName.ADAMW_TORCH_FUSED, OptimizerName.ADAMW_TORCH);
  }
}
