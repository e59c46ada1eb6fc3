// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.Optimizers;
import dev.trainer4j.optim.Optimizers.AdEmaMixOptions;
import dev.trainer4j.optim.Optimizers.AdafactorOptions;
import dev.trainer4j.optim.Optimizers.ScheduleFreeOptions;
import dev.trainer4j.optim.ParameterGroup;
import java.util.List;
import java.util.Map;

/** The optimizer that the arguments name, with its {@code optimArgs}. */
final class OptimizerFactory {

  private final TrainingArguments args;
  private final Map<String, String> extra;

  private OptimizerFactory(TrainingArguments args) {
    this.args = args;
    extra = args.optimArgs();
  }

  static Optimizer create(TrainingArguments args, List<ParameterGroup> groups) {
    return new OptimizerFactory(args).create(groups);
  }

  private Optimizer create(List<ParameterGroup> given) {
    List<ParameterGroup> groups = withDecay(given);
    double beta1 = args.adamBeta1();
    double beta2 = args.adamBeta2();
    double epsilon = args.adamEpsilon();
    return switch (args.optim()) {
      case ADAMW_TORCH, ADAMW_TORCH_FUSED ->
          Optimizers.adamW(groups, beta1, beta2, epsilon, flag("amsgrad"));
      case ADAM -> Optimizers.adam(groups, beta1, beta2, epsilon, flag("amsgrad"));
      case SGD ->
          Optimizers.sgd(groups, number("momentum", 0), number("dampening", 0), flag("nesterov"));
      case ADAGRAD ->
          Optimizers.adagrad(
              groups,
              number("lr_decay", 0),
              number("eps", 1e-10),
              number("initial_accumulator_value", 0));
      case RMSPROP ->
          Optimizers.rmsProp(
              groups,
              number("alpha", 0.99),
              number("eps", 1e-8),
              number("momentum", 0),
              flag("centered"));
      case ADAFACTOR -> Optimizers.adafactor(groups, adafactor());
      case LION_32BIT -> Optimizers.lion(groups, beta1, beta2);
      case ADEMAMIX -> Optimizers.adEmaMix(groups, adEmaMix());
      case STABLE_ADAMW ->
          flag("decouple_lr")
              ? Optimizers.stableAdamW(
                  groups, beta1, beta2, epsilon, group -> number("max_lr", group.learningRate()))
              : Optimizers.stableAdamW(groups, beta1, beta2, epsilon);
      case SCHEDULE_FREE_ADAMW ->
          Optimizers.scheduleFreeAdamW(groups, beta1, beta2, epsilon, scheduleFree());
      case SCHEDULE_FREE_RADAM ->
          Optimizers.scheduleFreeRAdam(groups, beta1, beta2, epsilon, scheduleFree());
      case SCHEDULE_FREE_SGD -> Optimizers.scheduleFreeSgd(groups, 0.9, scheduleFree());
      case ADAMW_8BIT, ADAMW_BNB_8BIT -> Optimizers.adamW8bit(groups, beta1, beta2, epsilon);
    };
  }

  private ScheduleFreeOptions scheduleFree() {
    ScheduleFreeOptions defaults = ScheduleFreeOptions.defaults();
    return new ScheduleFreeOptions(
        (long) args.warmupSteps(),
        number("r", defaults.r()),
        number("weight_lr_power", defaults.weightLrPower()));
  }

  private AdEmaMixOptions adEmaMix() {
    AdEmaMixOptions defaults = AdEmaMixOptions.defaults();
    return new AdEmaMixOptions(
        number("beta1", args.adamBeta1()),
        number("beta2", args.adamBeta2()),
        number("beta3", defaults.beta3()),
        number("alpha", defaults.alpha()),
        number("eps", args.adamEpsilon()),
        (long) number("t_alpha", (double) defaults.alphaUpdates()),
        (long) number("t_beta3", (double) defaults.beta3Updates()));
  }

  private AdafactorOptions adafactor() {
    AdafactorOptions defaults = AdafactorOptions.defaults();
    return new AdafactorOptions(
        number("eps1", defaults.epsilon1()),
        number("eps2", defaults.epsilon2()),
        number("clip_threshold", defaults.clipThreshold()),
        number("decay_rate", defaults.decayRate()),
        number("beta1", defaults.beta1()),
        flag("scale_parameter"),
        flag("relative_step"),
        flag("warmup_init"));
  }

  /** A {@code weight_decay} among the optimizer's own arguments replaces that of decaying groups. */
  private List<ParameterGroup> withDecay(List<ParameterGroup> groups) {
    if (!extra.containsKey("weight_decay")) {
      return groups;
    }
    double decay = number("weight_decay", 0);
    return groups.stream()
        .map(
            group ->
                group.parameters().get(0).decays()
                    ? new ParameterGroup(group.parameters(), group.learningRate(), decay)
                    : group)
        .toList();
  }

  private double number(String key, double fallback) {
    String value = extra.get(key);
    return value == null ? fallback : Double.parseDouble(value);
  }

  private boolean flag(String key) {
    return Boolean.parseBoolean(extra.getOrDefault(key, "false"));
  }
}
