// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.parity;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.LossWeight;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.Optimizers;
import dev.trainer4j.optim.Optimizers.AdEmaMixOptions;
import dev.trainer4j.optim.Optimizers.AdafactorOptions;
import dev.trainer4j.optim.Optimizers.ScheduleFreeOptions;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.optim.UpdateObserver;
import dev.trainer4j.optim.UpdateRanks;
import dev.trainer4j.optim.UpdateRequest;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The optimizers against PyTorch's and transformers', those that neither has against the formulas of their
 * papers, and the schedule-free ones against their authors': the parameters after every one of the golden updates. The loss is sum(p * g), whose gradient is g.
 */
@Tag("parity")
class OptimizerGoldenTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  // A parameter that passes near zero has no relative precision there; values are around 1.
  private static final JsonComparison CLOSE = new JsonComparison(1e-5, 1e-6);
  private static final JsonNode GOLDEN = Golden.json("optimizers.json");
  private static final JsonNode MORE = Golden.ownJson("optimizers_more.json");
  private static final JsonNode SCHEDULE_FREE = Golden.ownJson("schedule_free.json");

  @TempDir Path outputDir;

  static Stream<Arguments> cases() {
    return Stream.of(GOLDEN, MORE, SCHEDULE_FREE)
        .flatMap(file -> file.get("cases").valueStream())
        .map(golden -> Arguments.of(golden.get("name").asText(), golden));
  }

  @ParameterizedTest(name = "{0}, case {index}")
  @MethodSource("cases")
  void parametersEqualTheReferencesAfterEveryUpdate(String name, JsonNode golden) {
    try (Parameters parameters = new Parameters();
        Autograd autograd = new Autograd();
        Optimizer optimizer = optimizer(name, golden.get("args"), parameters.named())) {
      for (int i = 0; i < GOLDEN.get("grads").size(); i++) {
        try (ArrayScope scope = ArrayScope.open()) {
          NDArray loss;
          try (Autograd.Recording on = Autograd.record(true)) {
            loss = parameters.lossOf(i);
            autograd.backward(loss);
          }
          optimizer.update(
              new UpdateRequest(
                  List.of(loss), LossWeight.of(1), 1, 0, 1, true, UpdateRanks.single()),
              new Nobody());
        }
        parameters.compare(name + " after update " + (i + 1), golden.get("after").get(i));
        if (golden.has("averages")) {
          optimizer.exchangeWeights();
          parameters.compare(name + "'s average " + (i + 1), golden.get("averages").get(i));
          optimizer.exchangeWeights();
        }
      }
    }
  }

  @ParameterizedTest(name = "{0}, case {index}")
  @MethodSource("cases")
  void argumentsGiveTheSameOptimizer(String name, JsonNode golden) {
    try (Parameters parameters = new Parameters();
        Trainer trainer =
            Trainer.builder(parameters.model(), arguments(name, golden.get("args")))
                .trainDataset(
                    Datasets.of(
                        IntStream.range(0, GOLDEN.get("grads").size())
                            .mapToObj(i -> Map.of("update", i))
                            .toList()))
                .computeLossFunc(
                    (outputs, inputs) ->
                        LossOutput.of(
                            parameters.lossOf((int) inputs.get("update").toLongArray()[0]), 1))
                .callback(
                    new TrainerCallback() {
                      @Override
                      public void onStepEnd(
                          CallbackContext ctx, TrainerState state, TrainerControl control) {
                        int done = (int) state.globalStep();
                        parameters.compare(
                            name + " after update " + done, golden.get("after").get(done - 1));
                      }
                    })
                .build()) {
      assertThat(trainer.train().globalStep()).isEqualTo(GOLDEN.get("grads").size());
    }
  }

  private TrainingArguments arguments(String name, JsonNode args) {
    TrainingArguments.Builder builder =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .numTrainEpochs(1)
            .perDeviceTrainBatchSize(1)
            .trainSamplingStrategy(SamplingStrategy.SEQUENTIAL)
            .lrSchedulerType(SchedulerType.CONSTANT)
            .learningRate(number(args, "lr", 0))
            .weightDecay(number(args, "weight_decay", 0))
            .warmupSteps(number(args, "warmup_steps", 0))
            .maxGradNorm(0)
            .saveStrategy(IntervalStrategy.NO)
            .optim(
                OptimizerName.valueOf(
                    (name.startsWith("adamw") && !name.endsWith("8bit") ? "adamw_torch" : name)
                        .toUpperCase(java.util.Locale.ROOT)));
    if (args.has("betas")) {
      builder
          .adamBeta1(args.get("betas").get(0).asDouble())
          .adamBeta2(args.get("betas").get(1).asDouble());
    }
    boolean adam = name.contains("adam");
    if (adam && args.has("eps")) {
      builder.adamEpsilon(args.get("eps").asDouble());
    }
    Map<String, String> extra = new LinkedHashMap<>();
    args.properties()
        .forEach(
            field -> {
              boolean own =
                  List.of("lr", "weight_decay", "betas", "warmup_steps").contains(field.getKey())
                      || (adam && field.getKey().equals("eps"));
              if (!own) {
                extra.put(field.getKey(), field.getValue().asText());
              }
            });
    return builder.putAllOptimArgs(extra).build();
  }

  private static Optimizer optimizer(String name, JsonNode args, List<NamedParameter> parameters) {
    List<ParameterGroup> groups =
        List.of(
            new ParameterGroup(parameters, number(args, "lr", 0), number(args, "weight_decay", 0)));
    double beta1 = args.has("betas") ? args.get("betas").get(0).asDouble() : 0.9;
    double beta2 = args.has("betas") ? args.get("betas").get(1).asDouble() : 0.999;
    double eps = number(args, "eps", 1e-8);
    return switch (name) {
      case "adamw" -> Optimizers.adamW(groups, beta1, beta2, eps, false);
      case "adamw_amsgrad" -> Optimizers.adamW(groups, beta1, beta2, eps, true);
      case "adam" -> Optimizers.adam(groups, beta1, beta2, eps, false);
      case "sgd" ->
          Optimizers.sgd(
              groups,
              number(args, "momentum", 0),
              number(args, "dampening", 0),
              args.path("nesterov").asBoolean());
      case "adagrad" -> Optimizers.adagrad(groups, number(args, "lr_decay", 0), eps, 0);
      case "rmsprop" ->
          Optimizers.rmsProp(
              groups,
              number(args, "alpha", 0.99),
              eps,
              number(args, "momentum", 0),
              args.path("centered").asBoolean());
      case "adafactor" ->
          Optimizers.adafactor(
              groups,
              new AdafactorOptions(
                  1e-30, 1e-3, 1, -0.8, number(args, "beta1", -1), false, false, false));
      case "lion_32bit" -> Optimizers.lion(groups, beta1, beta2);
      case "ademamix" ->
          Optimizers.adEmaMix(
              groups,
              new AdEmaMixOptions(
                  beta1,
                  beta2,
                  number(args, "beta3", 0.9999),
                  number(args, "alpha", 5),
                  eps,
                  args.path("t_alpha").asLong(),
                  args.path("t_beta3").asLong()));
      case "stable_adamw" ->
          args.has("max_lr")
              ? Optimizers.stableAdamW(
                  groups, beta1, beta2, eps, group -> number(args, "max_lr", 0))
              : Optimizers.stableAdamW(groups, beta1, beta2, eps);
      case "schedule_free_adamw" ->
          Optimizers.scheduleFreeAdamW(groups, beta1, beta2, eps, scheduleFree(args));
      case "schedule_free_radam" ->
          Optimizers.scheduleFreeRAdam(groups, beta1, beta2, eps, scheduleFree(args));
      case "schedule_free_sgd" -> Optimizers.scheduleFreeSgd(groups, 0.9, scheduleFree(args));
      case "adamw_8bit" -> Optimizers.adamW8bit(groups, beta1, beta2, eps);
      default -> throw new IllegalArgumentException("no such optimizer in this test: " + name);
    };
  }

  private static ScheduleFreeOptions scheduleFree(JsonNode args) {
    return new ScheduleFreeOptions(
        args.path("warmup_steps").asLong(),
        number(args, "r", 0),
        number(args, "weight_lr_power", 2));
  }

  private static double number(JsonNode args, String key, double fallback) {
    return args.path(key).asDouble(fallback);
  }

  /** The parameters of the figures and the gradients they get. */
  private static final class Parameters implements AutoCloseable {
    private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
    private final Map<String, NDArray> arrays = new LinkedHashMap<>();
    private final FunctionModel model;

    Parameters() {
      GOLDEN
          .get("shapes")
          .fieldNames()
          .forEachRemaining(name -> arrays.put(name, array(GOLDEN.get("init"), name)));
      // The figures decay both; the model's names must not say bias.
      Map<String, NDArray> decaying = new LinkedHashMap<>();
      arrays.forEach((name, array) -> decaying.put(name.equals("bias") ? "offset" : name, array));
      model =
          new FunctionModel(
              decaying, manager, (inputs, training) -> ModelOutput.logits(inputs.get("update")));
    }

    private NDArray array(JsonNode values, String name) {
      float[] flat = MAPPER.convertValue(values.get(name), float[].class);
      long[] shape = MAPPER.convertValue(GOLDEN.get("shapes").get(name), long[].class);
      return manager.create(flat, new Shape(shape));
    }

    FunctionModel model() {
      return model;
    }

    List<NamedParameter> named() {
      return model.parameters();
    }

    NDArray lossOf(int update) {
      List<NDArray> terms = new ArrayList<>();
      JsonNode gradients = GOLDEN.get("grads").get(update);
      arrays.forEach((name, array) -> terms.add(array.mul(array(gradients, name)).sum()));
      return terms.stream().reduce(NDArray::add).orElseThrow();
    }

    void compare(String what, JsonNode golden) {
      arrays.forEach(
          (name, array) ->
              CLOSE.compare(
                  what + ": " + name, golden.get(name), MAPPER.valueToTree(array.toFloatArray())));
    }

    @Override
    public void close() {
      manager.close();
    }
  }

  private static final class Nobody implements UpdateObserver {
    @Override
    public boolean isWatching() {
      return false;
    }

    @Override
    public void beforeStep() {}

    @Override
    public void afterStep() {}
  }
}
