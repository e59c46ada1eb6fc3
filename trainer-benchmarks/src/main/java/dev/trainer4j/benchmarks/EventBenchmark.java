// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.callback.DefaultFlowCallback;
import dev.trainer4j.callback.LoopTimes;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.state.TrainerState;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The two events of an update, with the default callback and some that do nothing. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EventBenchmark {

  /** Callbacks beside the default one. */
  @Param({"0", "8"})
  public int callbacks;

  private final TrainerControl control = new TrainerControl();
  private final TrainerState state = TrainerState.initial();
  private final CallbackDispatcher dispatcher =
      new CallbackDispatcher(new ArgumentsOnly(), control);

  /** Registers the callbacks. */
  @Setup
  public void setUp() {
    dispatcher.add(new DefaultFlowCallback());
    for (int i = 0; i < callbacks; i++) {
      dispatcher.add(new TrainerCallback() {});
    }
  }

  /** Fires the begin and the end of an update. */
  @Benchmark
  public boolean stepBeginAndEnd() {
    dispatcher.onStepBegin(state);
    dispatcher.onStepEnd(state);
    return control.shouldLog();
  }

  /** Callbacks of a run that has no model. */
  private static final class ArgumentsOnly implements CallbackContext {

    private final TrainingArguments args = TrainingArguments.builder().build();

    @Override
    public TrainingArguments args() {
      return args;
    }

    @Override
    public TrainableModel model() {
      throw new UnsupportedOperationException("the benchmark of events has no model");
    }

    @Override
    public Optional<Optimizer> optimizer() {
      return Optional.empty();
    }

    @Override
    public Optional<LearningRateScheduler> scheduler() {
      return Optional.empty();
    }

    @Override
    public Optional<DataLoader> trainDataLoader() {
      return Optional.empty();
    }

    @Override
    public Optional<DataLoader> evalDataLoader() {
      return Optional.empty();
    }

    @Override
    public void saveModel(Path folder) {
      throw new UnsupportedOperationException("the benchmark of events has no model");
    }

    @Override
    public void beginPush() {}

    @Override
    public Optional<LoopTimes> times() {
      return Optional.empty();
    }

    @Override
    public Map<String, Double> evaluate(DataSource<?> dataset, String metricKeyPrefix) {
      throw new UnsupportedOperationException("the benchmark of events has no model");
    }
  }
}
