// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.MixedPrecisionModel;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.HalfType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * In which types a run computes.
 *
 * @param autocast type of products in training and evaluation, null for float32
 * @param fullEvaluation type of everything in evaluation, null for none
 */
public record Precision(@Nullable HalfType autocast, @Nullable HalfType fullEvaluation) {

  /** libtorch reads it once, when it starts. */
  private static final String TF32_VARIABLE = "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE";

  /** Returns what the arguments ask for. */
  public static Precision of(TrainingArguments args) {
    return new Precision(
        type(args.bf16(), args.fp16()), type(args.bf16FullEval(), args.fp16FullEval()));
  }

  private static @Nullable HalfType type(boolean bf16, boolean fp16) {
    return bf16 ? HalfType.BFLOAT16 : fp16 ? HalfType.FLOAT16 : null;
  }

  /** Returns what {@code args} ask of {@code model} that it cannot give. */
  public static List<String> problems(TrainingArguments args, TrainableModel model) {
    List<String> problems = new ArrayList<>();
    Precision precision = of(args);
    boolean low = precision.autocast != null || precision.fullEvaluation != null;
    if (low && !(model instanceof MixedPrecisionModel)) {
      problems.add(
          (args.bf16()
                  ? "bf16"
                  : args.fp16() ? "fp16" : args.bf16FullEval() ? "bf16FullEval" : "fp16FullEval")
              + ": "
              + model.getClass().getSimpleName()
              + " computes in the type of its parameters alone; use a block or a pretrained model,"
              + " let the model implement MixedPrecisionModel, or leave it out");
    }
    args.tf32()
        .flatMap(wanted -> tf32(wanted, model.manager().getDevice()))
        .ifPresent(problems::add);
    return problems;
  }

  private static Optional<String> tf32(boolean wanted, Device device) {
    boolean on = "1".equals(System.getenv(TF32_VARIABLE));
    if (wanted && !device.isGpu()) {
      return Optional.of(
          "tf32: true, but the model is on the CPU, which has no TF32; leave it out");
    }
    if (device.isGpu() && wanted != on) {
      return Optional.of(
          "tf32: "
              + wanted
              + ", but libtorch takes it from the environment, where "
              + TF32_VARIABLE
              + (on ? " is 1; start without it" : " is not 1; start with " + TF32_VARIABLE + "=1")
              + ", or leave tf32 out");
    }
    return Optional.empty();
  }

  /** Refuses to train parameters of 16 bits: updates smaller than their rounding would be lost. */
  public static void requireFloat32(List<NamedParameter> parameters) {
    for (NamedParameter parameter : parameters) {
      DataType type = parameter.array().getDataType();
      String found =
          switch (type) {
            case FLOAT16 -> "float16";
            case BFLOAT16, UNKNOWN -> "bfloat16"; // DJL has no name for it.
            default -> null;
          };
      if (found != null) {
        throw new IllegalArgumentException(
            "dtype is "
                + found
                + ": the weights ("
                + parameter.name()
                + " is the first) have 16 bits, which lose small updates; training needs float32."
                + " Load the model in float32 (LoadOptions.withDtype(FLOAT32), the default), and set"
                + " bf16(true) for products in 16 bits; evaluate() and predict() take the model as"
                + " it is");
      }
    }
  }

  /** Returns the model as training passes see it. */
  public TrainableModel training(TrainableModel model) {
    return autocast == null ? model : ((MixedPrecisionModel) model).autocast(autocast);
  }

  /** Returns the model as an evaluation sees it; close it behind the evaluation. */
  public View evaluating(TrainableModel model) {
    if (fullEvaluation == null) {
      return new View(training(model), () -> {});
    }
    TrainableModel copies = ((MixedPrecisionModel) model).halved(fullEvaluation);
    return new View(copies, copies::close);
  }

  /**
   * A model in another precision.
   *
   * @param model the view
   * @param release frees what was made for it
   */
  public record View(TrainableModel model, Runnable release) implements AutoCloseable {
    @Override
    public void close() {
      release.run();
    }
  }
}
