// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.number;
import static dev.trainer4j.args.ValueType.numberAbove;
import static dev.trainer4j.args.ValueType.numberFrom;
import static dev.trainer4j.args.ValueType.numberFromToBelow;

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
    return numberFrom(0).read(given.getOrDefault(key, "0")).orElse(0.0);
  }

  private static ExtraOption option(String key, ValueType<?> type) {
    return new ExtraOption(key, type);
  }

  private static ArgumentProblem wrong(OptimizerArguments args, String expected) {
    String shown = ExtraOption.show(of(args.optim()), args.optimArgs());
    return new ArgumentProblem(ARGUMENT, shown, expected, "");
  }
}
