// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import dev.trainer4j.args.SchedulerOptions;
import dev.trainer4j.args.SchedulerType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Makes a schedule from Hugging Face's name for it.
 *
 * <p>With base rate lr, warmup of w updates, T updates in all, update t and p = (t - w) / (T - w):
 *
 * <table>
 * <caption>Schedules, their factor after the warmup and their arguments</caption>
 * <tr><th>name</th><th>factor</th><th>arguments (default)</th></tr>
 * <tr><td>linear</td><td>max(0, 1 - p)</td><td></td></tr>
 * <tr><td>cosine</td><td>(1 + cos(2 pi c p)) / 2</td><td>num_cycles c (0.5)</td></tr>
 * <tr><td>cosine_with_restarts</td><td>(1 + cos(pi (c p mod 1))) / 2, and 0 from p = 1
 *     on</td><td>num_cycles c (1)</td></tr>
 * <tr><td>polynomial</td><td>((lr - end) (1 - p)^power + end) / lr</td><td>lr_end (1e-7), power
 *     (1)</td></tr>
 * <tr><td>constant</td><td>1, without warmup</td><td></td></tr>
 * <tr><td>constant_with_warmup</td><td>1</td><td></td></tr>
 * <tr><td>inverse_sqrt</td><td>1 / sqrt((t - w + s) / s)</td><td>timescale s (w, or 10000 without
 *     warmup)</td></tr>
 * <tr><td>reduce_lr_on_plateau</td><td>times factor when the metric stops improving</td><td>mode,
 *     factor (0.1), patience (10), threshold (1e-4), threshold_mode (rel), cooldown (0), min_lr
 *     (0), eps (1e-8)</td></tr>
 * <tr><td>cosine_with_min_lr</td><td>cosine, scaled to [r, 1]</td><td>min_lr or min_lr_rate r (one
 *     of them), num_cycles (0.5)</td></tr>
 * <tr><td>cosine_warmup_with_min_lr</td><td>as before, one update ahead</td><td>also
 *     warmup_lr_rate</td></tr>
 * <tr><td>warmup_stable_decay</td><td>1, then falls to min_lr_ratio</td><td>num_decay_steps
 *     (required), num_stable_steps (the rest), warmup_type (linear), decay_type (cosine),
 *     min_lr_ratio (0), num_cycles (0.5)</td></tr>
 * <tr><td>greedy</td><td>grows while the metric improves, else falls</td><td>mode, factor (0.95),
 *     patience (10), threshold (1e-6), threshold_mode (abs), cooldown (0), warmup (0), min_lr
 *     (1e-3), max_lr (1), eps (1e-8), smooth (false), window_size (50), reset_start (500)</td></tr>
 * </table>
 *
 * <p>The formulas are those of transformers 5.18 and torch.optim.lr_scheduler, with one deliberate
 * difference: the two metric driven schedules take {@code mode} from the direction of the metric
 * when it is not given, where Hugging Face always minimizes, also an accuracy.
 */
public final class LearningRateSchedulers {

  private static final Map<String, Family> FAMILIES = families();

  private LearningRateSchedulers() {}

  /** Returns the names that {@link #create} knows, in Hugging Face's order. */
  public static Set<String> names() {
    return FAMILIES.keySet();
  }

  /**
   * Makes a schedule.
   *
   * @param type Hugging Face's lower-case name, such as {@code cosine}
   * @param kwargs the schedule's own arguments under Hugging Face's names; a null value counts as
   *     not given
   * @param context the run it is for
   * @return a new schedule at its start
   * @throws IllegalArgumentException if the name or an argument is unknown, a required argument is
   *     missing or a value is out of its range; the message says what to give instead
   */
  public static LearningRateScheduler create(
      String type, Map<String, Object> kwargs, ScheduleContext context) {
    Family family = FAMILIES.get(type);
    if (family == null) {
      throw new IllegalArgumentException(
          "lrSchedulerType is '" + type + "', which does not exist. Choose one of: " + names());
    }
    Map<String, Object> checked =
        SchedulerOptions.checked(
            SchedulerType.valueOf(type.toUpperCase(Locale.ROOT)),
            kwargs,
            context.baseLearningRate());
    return family.create(new ScheduleOptions(type, checked), context);
  }

  private static Map<String, Family> families() {
    Map<String, Family> families = new LinkedHashMap<>();
    families.put("linear", (options, context) -> new LinearSchedule(context));
    families.put("cosine", CosineSchedule::plain);
    families.put("cosine_with_restarts", CosineRestartsSchedule::create);
    families.put("polynomial", PolynomialSchedule::create);
    families.put("constant", (options, context) -> step -> 1);
    families.put("constant_with_warmup", (options, context) -> warmedUpConstant(context));
    families.put("inverse_sqrt", InverseSqrtSchedule::create);
    families.put("reduce_lr_on_plateau", PlateauSchedule::create);
    families.put("cosine_with_min_lr", CosineSchedule::withMinimum);
    families.put("cosine_warmup_with_min_lr", CosineAheadSchedule::create);
    families.put("warmup_stable_decay", WarmupStableDecaySchedule::create);
    families.put("greedy", GreedySchedule::create);
    return Collections.unmodifiableMap(families);
  }

  private static LearningRateScheduler warmedUpConstant(ScheduleContext context) {
    return step -> step < context.warmupSteps() ? context.linearWarmup(step) : 1;
  }

  @FunctionalInterface
  private interface Family {
    LearningRateScheduler create(ScheduleOptions options, ScheduleContext context);
  }
}
