// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.number;
import static dev.trainer4j.args.ValueType.numberAbove;
import static dev.trainer4j.args.ValueType.numberFrom;
import static dev.trainer4j.args.ValueType.numberFromToBelow;
import static dev.trainer4j.args.ValueType.wholeFrom;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keys of {@code optim_args} that each optimizer reads. */
final class OptimizerOptions {
  private static final String ARGUMENT = "optim_args";

  private OptimizerOptions() {}

  static List<ExtraOption> of(OptimizerName optimizer) {
    return switch (optimizer) {
      case ADAMW_TORCH, ADAMW_TORCH_FUSED, ADAM -> List.of(option("amsgrad", FLAG));
      case SGD ->
          List.of(
              option("momentum", numberFrom(0)),
              option("dampening", numberFrom(0)),
              option("weight_decay", numberFrom(0)),
              option("nesterov", FLAG));
      case ADAGRAD ->
          List.of(
              option("lr_decay", numberFrom(0)),
              option("weight_decay", numberFrom(0)),
              option("eps", numberFrom(0)),
              option("initial_accumulator_value", numberFrom(0)));
      case RMSPROP ->
          List.of(
              option("momentum", numberFrom(0)),
              option("alpha", numberFrom(0)),
              option("eps", numberFrom(0)),
              option("weight_decay", numberFrom(0)),
              option("centered", FLAG));
      case ADAFACTOR ->
          List.of(
              option("scale_parameter", FLAG),
              option("relative_step", FLAG),
              option("warmup_init", FLAG),
              option("beta1", numberFromToBelow(0, 1)),
              option("clip_threshold", numberAbove(0)),
              option("decay_rate", number("a number below 0", value -> value < 0)),
              option("eps1", numberFrom(0)),
              option("eps2", numberFrom(0)));
      case ADEMAMIX ->
          List.of(
              option("beta1", numberFromToBelow(0, 1)),
              option("beta2", numberFromToBelow(0, 1)),
              option("beta3", numberFromToBelow(0, 1)),
              option("alpha", numberFrom(0)),
              option("eps", numberFrom(0)),
              option("t_alpha", wholeFrom(1)),
              option("t_beta3", wholeFrom(1)));
      case STABLE_ADAMW -> List.of(option("decouple_lr", FLAG), option("max_lr", numberAbove(0)));
      case SCHEDULE_FREE_ADAMW, SCHEDULE_FREE_RADAM, SCHEDULE_FREE_SGD ->
          List.of(option("r", numberFrom(0)), option("weight_lr_power", numberFrom(0)));
      case LION_32BIT, ADAMW_8BIT, ADAMW_BNB_8BIT -> List.of();
    };
  }

  static List<ArgumentProblem> check(OptimizerArguments args) {
    OptimizerName optimizer = args.optim();
    Map<String, String> given = args.optimArgs();
    List<ArgumentProblem> problems =
        new ArrayList<>(
            ExtraOption.check(ARGUMENT, ValueType.hfName(optimizer), of(optimizer), given));
    if (optimizer == OptimizerName.SGD
        && isTrue(given, "nesterov")
        && (amount(given, "momentum") <= 0 || amount(given, "dampening") != 0)) {
      problems.add(wrong(args, "with nesterov a momentum above 0 and no dampening"));
    }
    if (optimizer == OptimizerName.ADAFACTOR
        && isTrue(given, "warmup_init")
        && !isTrue(given, "relative_step")) {
      problems.add(wrong(args, "with warmup_init also relative_step=true"));
    }
    if (optimizer == OptimizerName.STABLE_ADAMW
        && given.containsKey("max_lr")
        && !isTrue(given, "decouple_lr")) {
      problems.add(wrong(args, "with max_lr also decouple_lr=true, since nothing else reads it"));
    }
    if (optimizer == OptimizerName.ADEMAMIX
        && given.containsKey("t_beta3")
        && (amount(given, "beta1", args.adamBeta1()) == 0 || amount(given, "beta3", 1) == 0)) {
      problems.add(
          wrong(
              args, "with t_beta3 a beta1 and a beta3 above 0, between whose half lives it moves"));
    }
    if (given.containsKey("weight_decay") && args.weightDecay() != 0) {
      problems.add(
          wrong(args, "a weight decay in one place, here or in the argument weight_decay"));
    }
    return problems;
  }

  /** Python's {@code True} and Java's {@code true} become one, so that whoever reads them needs one rule. */
  static Map<String, String> canonical(OptimizerArguments checked) {
    Map<String, String> result = new LinkedHashMap<>(checked.optimArgs());
    result.replaceAll(
        (key, value) ->
            ExtraOption.find(of(checked.optim()), key)
                .filter(option -> option.type().equals(FLAG))
                .flatMap(option -> option.read(value))
                .map(Object::toString)
                .orElse(value.strip()));
    return result;
  }

  private static boolean isTrue(Map<String, String> given, String key) {
    return FLAG.read(given.getOrDefault(key, "false")).orElse(false);
  }

  private static double amount(Map<String, String> given, String key) {
    return amount(given, key, 0);
  }

  private static double amount(Map<String, String> given, String key, double fallback) {
    return given.containsKey(key) ? numberFrom(0).read(given.get(key)).orElse(fallback) : fallback;
  }

  private static ExtraOption option(String key, ValueType<?> type) {
    return new ExtraOption(key, type);
  }

  private static ArgumentProblem wrong(OptimizerArguments args, String expected) {
    String shown = ExtraOption.show(of(args.optim()), args.optimArgs());
    return new ArgumentProblem(ARGUMENT, shown, expected, "");
  }
}
