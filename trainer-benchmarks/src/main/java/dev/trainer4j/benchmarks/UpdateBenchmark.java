// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.LossWeight;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.Optimizers;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.optim.UpdateObserver;
import dev.trainer4j.optim.UpdateRanks;
import dev.trainer4j.optim.UpdateRequest;
import dev.trainer4j.torch.Autograd;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One whole update with AdamW: clip, step and zero of the MLP's six parameters. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class UpdateBenchmark {

  private static final long[][] SHAPES = {{128, 784}, {128}, {64, 128}, {64}, {10, 64}, {10}};

  private static final UpdateObserver NOBODY =
      new UpdateObserver() {
        @Override
        public boolean isWatching() {
          return false;
        }

        @Override
        public void beforeStep() {}

        @Override
        public void afterStep() {}
      };

  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final List<NamedParameter> parameters = new ArrayList<>();
  private final Optimizer optimizer = makeOptimizer();
  private final List<NDArray> losses = List.of(manager.create(1f));

  private Optimizer makeOptimizer() {
    for (long[] shape : SHAPES) {
      NDArray array = manager.randomNormal(new Shape(shape));
      array.setRequiresGradient(true);
      parameters.add(NamedParameter.of("parameter" + parameters.size(), array));
    }
    List<ParameterGroup> groups = ParameterGroup.decayAndNoDecay(parameters, 1e-4, 0.01);
    return Optimizers.adamW(groups, 0.9, 0.999, 1e-8, false);
  }

  /**
   * Gives every parameter the same gradient before each update: one that is zero, or shrinks, lets the
   * moments decay into denormal numbers, with which a processor is ten times slower.
   */
  @Setup(Level.Invocation)
  public void setUp() {
    try (Autograd autograd = new Autograd();
        Autograd.Recording on = Autograd.record(true)) {
      for (NamedParameter parameter : parameters) {
        autograd.backward(parameter.array().sum());
      }
    }
  }

  /** Makes the update. */
  @Benchmark
  public double update() {
    try (Autograd.Recording off = Autograd.record(false)) {
      return optimizer
          .update(
              new UpdateRequest(losses, LossWeight.of(32), 1, 1, 1, true, UpdateRanks.single()),
              NOBODY)
          .gradientNorm();
    }
  }

  /** Frees the arrays. */
  @TearDown
  public void tearDown() {
    optimizer.close();
    manager.close();
  }
}
