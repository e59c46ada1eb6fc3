// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.choice;
import static dev.trainer4j.args.ValueType.number;
import static dev.trainer4j.args.ValueType.numberAbove;
import static dev.trainer4j.args.ValueType.numberFrom;
import static dev.trainer4j.args.ValueType.numberFromTo;
import static dev.trainer4j.args.ValueType.wholeFrom;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The keys of {@code lr_scheduler_kwargs} that each schedule reads, and what must hold between them. */
public final class SchedulerOptions {
  private static final String ARGUMENT = "lr_scheduler_kwargs";

  private static final ValueType<Double> FACTOR =
      number("a number above 0 and below 1", value -> value > 0 && value < 1);

  private static final ValueType<Boolean> SILENT =
      FLAG.where(
          "false; remove it, it has no effect here: changes show in the logged learning_rate",
          verbose -> !verbose);

  private SchedulerOptions() {}

  /**
   * Checks options as {@link TrainingArguments} does, for who makes a schedule without them.
   *
   * @param type the schedule
   * @param kwargs its options; null counts as not given, and a text does not stand for a number or a flag
   * @param learningRate the peak learning rate
   * @return the options, with one Java type per key
   * @throws IllegalArgumentException with every mistake
   */
  public static Map<String, Object> checked(
      SchedulerType type, Map<String, ? extends @Nullable Object> kwargs, double learningRate) {
    Map<String, Object> given = new LinkedHashMap<>();
    kwargs.forEach(
        (key, value) -> {
          if (value != null) {
            given.put(key, value);
          }
        });
    List<ArgumentProblem> problems = new ArrayList<>(check(type, given, learningRate));
    for (ExtraOption option : of(type)) {
      Object value = given.get(option.key());
      if (value instanceof String text && option.isNoText() && option.read(text).isPresent()) {
        problems.add(problem(option.key(), value, option.type().expected()));
      }
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          problems.stream()
              .map(problem -> sentence(type, problem))
              .collect(Collectors.joining("\n")));
    }
    return canonical(type, given);
  }

  private static String sentence(SchedulerType type, ArgumentProblem problem) {
    int dot = problem.argument().indexOf('.');
    String key = dot < 0 ? "" : " '" + problem.argument().substring(dot + 1) + "'";
    String remedy =
        of(type).isEmpty()
            ? "remove it; this schedule has no arguments"
            : "expected " + problem.expected().replace("learning_rate", "learning rate");
    return "lrSchedulerKwargs%s of '%s' is %s: %s.%s"
        .formatted(
            key,
            ValueType.hfName(type),
            // Nobody knows what stands behind a name that nobody knows: it is not shown.
            problem.value().isEmpty() ? "unknown" : problem.value(),
            remedy,
            problem.remedy().isEmpty() ? "" : " " + problem.remedy() + ".");
  }

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
              option("factor", FACTOR),
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
              option("mode", choice("min", "max")),
              option("factor", FACTOR),
              option("patience", wholeFrom(0)),
              option("threshold", numberFrom(0)),
              option("threshold_mode", choice("rel", "abs")),
              option("min_lr", numberFrom(0)),
              option("max_lr", numberAbove(0)),
              option("eps", numberFrom(0)),
              option("cooldown", wholeFrom(0)),
              option("warmup", wholeFrom(0)),
              option("smooth", FLAG),
              option("window_size", wholeFrom(1)),
              option("reset_start", wholeFrom(0)),
              option("verbose", SILENT));
    };
  }

  static List<ArgumentProblem> check(ScheduleArguments args) {
    return check(args.lrSchedulerType(), args.lrSchedulerKwargs(), args.learningRate());
  }

  private static List<ArgumentProblem> check(
      SchedulerType type, Map<String, Object> given, double learningRate) {
    List<ArgumentProblem> problems =
        new ArrayList<>(ExtraOption.check(ARGUMENT, ValueType.hfName(type), of(type), given));
    switch (type) {
      case WARMUP_STABLE_DECAY -> {
        if (!given.containsKey("num_decay_steps")) {
          problems.add(
              wrong(type, given, "num_decay_steps, which warmup_stable_decay requires", "Add it"));
        }
      }
      case COSINE_WITH_MIN_LR, COSINE_WARMUP_WITH_MIN_LR -> {
        boolean asRate = given.containsKey("min_lr");
        if (asRate == given.containsKey("min_lr_rate")) {
          problems.add(
              wrong(
                  type,
                  given,
                  "exactly one of min_lr and min_lr_rate",
                  asRate ? "Both are given; keep one" : "They are not given; add one"));
        } else if (asRate && amount(given, "min_lr", 0) > learningRate) {
          problems.add(
              problem(
                  "min_lr",
                  given.get("min_lr"),
                  "a rate that is at most the learning_rate, " + learningRate));
        }
      }
      case POLYNOMIAL -> {
        if (amount(given, "lr_end", 1e-7) >= learningRate) {
          problems.add(
              wrong(type, given, "an lr_end (1e-7 unless given) below the learning_rate", ""));
        }
      }
      case GREEDY -> {
        if (amount(given, "max_lr", 1) < amount(given, "min_lr", 1e-3)) {
          problems.add(
              wrong(
                  type,
                  given,
                  "a max_lr (1 unless given) not below min_lr (1e-3 unless given)",
                  ""));
        }
      }
      default -> {}
    }
    return problems;
  }

  /** Checked options with one Java type per key, whatever they were set or read from. */
  static Map<String, Object> canonical(ScheduleArguments checked) {
    return canonical(checked.lrSchedulerType(), checked.lrSchedulerKwargs());
  }

  private static Map<String, Object> canonical(SchedulerType type, Map<String, Object> checked) {
    List<ExtraOption> known = of(type);
    Map<String, Object> result = new LinkedHashMap<>();
    checked.forEach(
        (key, value) ->
            ExtraOption.find(known, key)
                .flatMap(option -> option.read(value))
                .ifPresent(read -> result.put(key, read)));
    return result;
  }

  /** A number; what is none is another mistake's matter. */
  private static double amount(Map<String, Object> given, String key, double otherwise) {
    return numberFrom(0).read(given.getOrDefault(key, otherwise)).orElse(otherwise);
  }

  private static ExtraOption option(String key, ValueType<?> type) {
    return new ExtraOption(key, type);
  }

  private static ArgumentProblem wrong(
      SchedulerType type, Map<String, Object> given, String expected, String remedy) {
    String shown = ExtraOption.show(of(type), given);
    return new ArgumentProblem(ARGUMENT, shown, expected, remedy);
  }

  private static ArgumentProblem problem(String key, @Nullable Object value, String expected) {
    return new ArgumentProblem(ARGUMENT + "." + key, ValueType.show(value), expected, "");
  }
}
