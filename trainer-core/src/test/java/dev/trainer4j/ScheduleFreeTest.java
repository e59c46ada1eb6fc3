// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import static dev.trainer4j.args.IntervalStrategy.STEPS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.SmallRun.Result;
import dev.trainer4j.args.InvalidArgumentsException;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.EvaluationWeights;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs whose optimizer trains other weights than it evaluates and saves. */
class ScheduleFreeTest {

  private final Path folder;

  ScheduleFreeTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private SmallRun run(String name, OptimizerName optim) {
    return SmallRun.into(folder.resolve(name))
        .args(args -> args.optim(optim).lrSchedulerType(SchedulerType.CONSTANT))
        .args(args -> args.warmupSteps(optim == OptimizerName.SCHEDULE_FREE_RADAM ? 0 : 3))
        .args(args -> args.saveStrategy(STEPS).saveSteps(1));
  }

  private Map<String, List<Double>> saved(Path checkpoint) throws IOException {
    Map<String, List<Double>> tensors = new TreeMap<>();
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        SafetensorsFile file = SafetensorsFile.open(checkpoint.resolve("model.safetensors"))) {
      for (String name : file.names()) {
        try (NDArray array = file.read(name, manager)) {
          List<Double> values = new ArrayList<>();
          for (float value : array.toFloatArray()) {
            values.add((double) value);
          }
          tensors.put(name, values);
        }
      }
    }
    return tensors;
  }

  @ParameterizedTest
  @EnumSource(
      value = OptimizerName.class,
      names = {"SCHEDULE_FREE_ADAMW", "SCHEDULE_FREE_RADAM", "SCHEDULE_FREE_SGD"})
  void aResumedRunEqualsAWholeOneAndItsModelIsTheAverage(OptimizerName optim) throws IOException {
    Result whole = run("whole", optim).train();
    run("out", optim)
        .train(
            ResumeFrom.never(),
            trainer -> {
              if (trainer.state().globalStep() == 4) {
                trainer.requestStop();
              }
            });
    Result resumed = run("out", optim).train(ResumeFrom.latest());

    assertThat(resumed.weights()).isEqualTo(whole.weights());
    assertThat(resumed.weightsAfter().get(9L)).isEqualTo(whole.weightsAfter().get(9L));
    assertThat(saved(folder.resolve("out/checkpoint-9"))).isEqualTo(new TreeMap<>(whole.weights()));
    assertThat(whole.weights()).isNotEqualTo(whole.weightsAfter().get(9L));
  }

  @ParameterizedTest
  @CsvSource({"false, true", "true, false", "true, true"})
  void neitherEvaluationsNorHowIsSavedChangesTheRun(boolean evaluates, boolean async)
      throws IOException {
    Result plain = run("plain", OptimizerName.SCHEDULE_FREE_ADAMW).train();
    SmallRun run =
        run("other", OptimizerName.SCHEDULE_FREE_ADAMW).args(args -> args.asyncSave(async));
    if (evaluates) {
      run.args(args -> args.evalStrategy(STEPS).evalSteps(1).evalOnStart(true));
    }
    Result other = run.train();

    assertThat(other.weights()).isEqualTo(plain.weights());
    assertThat(other.weightsAfter()).isEqualTo(plain.weightsAfter());
    for (String file : List.of("model.safetensors", "optimizer.safetensors")) {
      assertThat(hex("other", file)).as(file).isEqualTo(hex("plain", file));
    }
  }

  private String hex(String run, String file) throws IOException {
    return HexFormat.of()
        .formatHex(Files.readAllBytes(folder.resolve(run).resolve("checkpoint-7").resolve(file)));
  }

  @Test
  void evaluationsSeeTheAverageAlsoThatOfTheBestModel() throws IOException {
    SeesWeights seen = new SeesWeights();
    Result result =
        run("out", OptimizerName.SCHEDULE_FREE_SGD)
            .args(args -> args.evalStrategy(STEPS).evalSteps(1))
            .args(args -> args.loadBestModelAtEnd(true).metricForBestModel("score"))
            .scores(1, 2, 3, 9, 5, 6, 7, 8, 4)
            .callback(seen)
            .train();
    assertThat(seen.first).hasSize(9);
    for (int step = 1; step <= 9; step++) {
      List<Double> first =
          saved(folder.resolve("out/checkpoint-" + step)).values().iterator().next();
      assertThat(seen.first.get(step - 1)).isEqualTo(first);
    }
    assertThat(new TreeMap<>(result.weights()))
        .isEqualTo(saved(folder.resolve("out/checkpoint-4")));
  }

  private static final class SeesWeights implements TrainerCallback {
    private final List<List<Double>> first = new ArrayList<>();
    private long last;

    @Override
    public void onPredictionStep(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() > last) {
        last = state.globalStep();
        float[] values = new TreeMap<>(ctx.model().state()).firstEntry().getValue().toFloatArray();
        first.add(Arrays.stream(toDoubles(values)).boxed().toList());
      }
    }

    private static double[] toDoubles(float[] values) {
      double[] result = new double[values.length];
      for (int i = 0; i < values.length; i++) {
        result[i] = values[i];
      }
      return result;
    }
  }

  @Test
  void aCallbackThatAveragesTooIsRefusedBeforeTheFirstUpdate() {
    SmallRun run =
        run("out", OptimizerName.SCHEDULE_FREE_ADAMW)
            .callback(
                new EvaluationWeights() {
                  @Override
                  public void lend(CallbackContext ctx) {}

                  @Override
                  public void giveBack(CallbackContext ctx) {}
                });
    assertThatThrownBy(run::train)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("remove the callback");
    assertThat(folder.resolve("out/checkpoint-1")).doesNotExist();
  }

  @Test
  void aScheduleBesideItIsRefused() {
    TrainingArguments.Builder args =
        TrainingArguments.builder().outputDir(folder).optim(OptimizerName.SCHEDULE_FREE_ADAMW);
    assertThatThrownBy(args::build)
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("lrSchedulerType")
        .hasMessageContaining("constant");
    args.lrSchedulerType(SchedulerType.CONSTANT);
    assertThatThrownBy(() -> args.warmupSteps(0.1).build())
        .hasMessageContaining("warmupSteps")
        .hasMessageContaining("whole number of updates");
    assertThatThrownBy(() -> args.warmupSteps(5).optim(OptimizerName.SCHEDULE_FREE_RADAM).build())
        .hasMessageContaining("warms up by itself");
  }
}
