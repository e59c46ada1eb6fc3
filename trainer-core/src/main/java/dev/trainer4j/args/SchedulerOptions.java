// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.choice;
import static dev.trainer4j.args.ValueType.numberAbove;
import static dev.trainer4j.args.ValueType.numberFrom;
import static dev.trainer4j.args.ValueType.numberFromTo;
import static dev.trainer4j.args.ValueType.numberFromToBelow;
import static dev.trainer4j.args.ValueType.wholeFrom;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keys of {@code lr_scheduler_kwargs} that each schedule reads. */
final class SchedulerOptions {
  private static final String ARGUMENT = "lr_scheduler_kwargs";

  private SchedulerOptions() {}

  static List<ExtraOption> of(SchedulerType type) {
    return switch (type) {
      case LINEAR, CONSTANT, CONSTANT_WITH_WARMUP -> List.of();
      case COSINE -> List.of(option("num_cycles", numberAbove(0)));
      case COSINE_WITH_RESTARTS -> List.of(option("num_cycles", wholeFrom(1)));
      case POLYNOMIAL -> List.of(option("lr_end", numberFrom(0)), option("power", numberAbove(0)));
      case INVERSE_SQRT -> List.of(option("timescale", numberAbove(0)));
      case REDUCE_LR_ON_PLATEAU ->
          List.of(
              option("mode", choice("min", "max")),
              option("factor", numberFromToBelow(0, 1)),
              option("patience", wholeFrom(0)),
              option("threshold", numberFrom(0)),
              option("threshold_mode", choice("rel", "abs")),
              option("cooldown", wholeFrom(0)),
              option("min_lr", numberFrom(0)),
              option("eps", numberFrom(0)));
      case COSINE_WITH_MIN_LR ->
          List.of(
              option("num_cycles", numberAbove(0)),
              option("min_lr", numberFrom(0)),
              option("min_lr_rate", numberFromTo(0, 1)));
      case COSINE_WARMUP_WITH_MIN_LR ->
          List.of(
              option("num_cycles", numberAbove(0)),
              option("min_lr", numberFrom(0)),
              option("min_lr_rate", numberFromTo(0, 1)),
              option("warmup_lr_rate", numberFromTo(0, 1)));
      case WARMUP_STABLE_DECAY ->
          List.of(
              option("num_decay_steps", wholeFrom(0)),
              option("num_stable_steps", wholeFrom(0)),
              option("warmup_type", choice("linear", "cosine", "1-sqrt")),
              option("decay_type", choice("linear", "cosine", "1-sqrt")),
              option("min_lr_ratio", numberFromTo(0, 1)),
              option("num_cycles", numberAbove(0)));
      case GREEDY ->
          List.of(
              option("factor", numberFromToBelow(0, 1)),
              option("patience", wholeFrom(0)),
              option("threshold", numberFrom(0)),
              option("min_lr", numberFrom(0)),
              option("max_lr", numberFrom(0)),
              option("cooldown", wholeFrom(0)),
              option("warmup", wholeFrom(0)),
              option("smooth", FLAG),
              option("window_size", wholeFrom(1)),
              option("reset_start", wholeFrom(0)));
    };
  }

  static List<ArgumentProblem> check(ScheduleArguments args) {
    SchedulerType type = args.lrSchedulerType();
    Map<String, Object> given = args.lrSchedulerKwargs();
    List<ArgumentProblem> problems =
        new ArrayList<>(ExtraOption.check(ARGUMENT, ValueType.hfName(type), of(type), given));
    switch (type) {
      case WARMUP_STABLE_DECAY -> {
        if (!given.containsKey("num_decay_steps")) {
          problems.add(wrong(given, "num_decay_steps for lr_scheduler_type warmup_stable_decay"));
        }
      }
      case COSINE_WITH_MIN_LR, COSINE_WARMUP_WITH_MIN_LR -> {
        if (given.containsKey("min_lr") == given.containsKey("min_lr_rate")) {
          problems.add(wrong(given, "exactly one of min_lr and min_lr_rate"));
        }
      }
      case POLYNOMIAL -> {
        Object end = given.getOrDefault("lr_end", 1e-7);
        if (end instanceof Number lrEnd && lrEnd.doubleValue() >= args.learningRate()) {
          problems.add(wrong(given, "an lr_end (1e-7 unless given) below the learning_rate"));
        }
      }
      default -> {}
    }
    return problems;
  }

  /** Checked options with one Java type per key, whatever they were set or read from. */
  static Map<String, Object> canonical(ScheduleArguments checked) {
    List<ExtraOption> known = of(checked.lrSchedulerType());
    Map<String, Object> result = new LinkedHashMap<>();
    checked
        .lrSchedulerKwargs()
        .forEach(
            (key, value) ->
                ExtraOption.find(known, key)
                    .flatMap(option -> option.read(value))
                    .ifPresent(read -> result.put(key, read)));
    return result;
  }

  private static ExtraOption option(String key, ValueType<?> type) {
    return new ExtraOption(key, type);
  }

  private static ArgumentProblem wrong(Map<String, Object> given, String expected) {
    return new ArgumentProblem(
        ARGUMENT, ValueType.show(Secrets.mask(ARGUMENT, given)), expected, "");
  }
}
