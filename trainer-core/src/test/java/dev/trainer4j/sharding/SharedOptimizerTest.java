// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.args.ShardingPlan;
import dev.trainer4j.args.ShardingPlan.Stage;
import dev.trainer4j.args.ShardingPlan.StateDictType;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.LossWeight;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.Optimizers;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.optim.UpdateObserver;
import dev.trainer4j.optim.UpdateRanks;
import dev.trainer4j.optim.UpdateRequest;
import dev.trainer4j.optim.UpdateResult;
import dev.trainer4j.process.GradientSync;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.testing.ForwardingGroup;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Updates of shares, wherever shares are and whoever holds the same, against those of one process. */
@Timeout(300)
class SharedOptimizerTest {

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

  /** Two machines of as many ranks. */
  private record TwoMachines(ProcessGroup group) implements ForwardingGroup {

    @Override
    public int localRank() {
      return rank() % (worldSize() / 2);
    }

    @Override
    public int nodeRank() {
      return rank() / (worldSize() / 2);
    }

    @Override
    public ProcessGroup split(int color) {
      return group.split(color);
    }

    @Override
    public void close() {}
  }

  private static ShardingPlan plan(Stage stage, boolean hybrid) {
    return new ShardingPlan(stage, hybrid, false, false, StateDictType.FULL_STATE_DICT, 64, false);
  }

  /** What is left of five clipped updates of a model whose losses differ from rank to rank. */
  private static List<Double> train(ParallelStrategy strategy, ProcessGroup group, int losses) {
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Autograd autograd = new Autograd()) {
      List<NamedParameter> parameters = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        NDArray array = manager.arange(1, 2 + 3 * i, 1, DataType.FLOAT64).div(7 + i);
        array.setRequiresGradient(true);
        parameters.add(new NamedParameter("p" + i, array, i % 2 == 0));
      }
      UpdateRanks ranks = new UpdateRanks(group, GradientSync.dataParallel(group, 64));
      List<ParameterGroup> groups = ParameterGroup.decayAndNoDecay(parameters, 0.1, 0.01);
      try (Optimizer optimizer =
          strategy.optimizer(groups, g -> Optimizers.adamW(g, 0.9, 0.99, 1e-8, false))) {
        for (int update = 0; update < 5; update++) {
          try (ArrayScope scope = ArrayScope.open()) {
            List<NDArray> own = new ArrayList<>();
            for (int i = group.rank(); i < losses; i += group.worldSize()) {
              try (Autograd.Recording on = Autograd.record(true)) {
                NDArray loss = loss(parameters, i + update);
                autograd.backward(
                    loss, 1, strategy.takesFresh(false) ? optimizer.freshGradients() : null);
                own.add(loss.stopGradient());
              }
              optimizer.collect(ranks, 1);
            }
            UpdateResult result =
                optimizer.update(
                    new UpdateRequest(own, LossWeight.of(losses), 1, 0.5, 1, true, ranks), NOBODY);
            assertThat(result.stepTaken()).isTrue();
            assertThat(result.weight()).isEqualTo(losses);
          }
        }
      }
      return parameters.stream()
          .flatMapToDouble(parameter -> DoubleStream.of(parameter.array().toDoubleArray()))
          .boxed()
          .toList();
    }
  }

  private static NDArray loss(List<NamedParameter> parameters, int sample) {
    NDArray sum = parameters.get(0).array().sub(sample * 0.1).square().sum();
    for (NamedParameter parameter : parameters.subList(1, parameters.size())) {
      sum = sum.add(parameter.array().mul(sample + 1).sin().sum());
    }
    return sum;
  }

  private static void assertSame(List<List<Double>> ranks, List<Double> alone) {
    for (List<Double> rank : ranks) {
      assertThat(rank).isEqualTo(ranks.get(0));
      for (int i = 0; i < alone.size(); i++) {
        assertThat(rank.get(i)).isCloseTo(alone.get(i), within(1e-12));
      }
    }
  }

  /** On a machine without a GPU shares are where parameters are; this is the way of those that have one. */
  @ParameterizedTest
  @CsvSource({"OPTIMIZER, 1", "OPTIMIZER, 3", "GRADIENTS, 2", "GRADIENTS, 3"})
  void sharesApartFromTheParametersMakeTheSameUpdates(Stage stage, int worldSize) throws Exception {
    ProcessGroup single = ProcessGroup.single();
    List<Double> alone = train(new Replicas(), single, 6);
    List<List<Double>> ranks =
        InMemoryWorld.call(
            worldSize,
            group -> {
              try (ParallelStrategy strategy =
                  new SharedOptimizer(plan(stage, false), ShardRanks.together(group), true)) {
                return train(strategy, group, 6);
              }
            });
    assertSame(ranks, alone);
  }

  @ParameterizedTest
  @CsvSource({"OPTIMIZER", "GRADIENTS"})
  void machinesThatHoldTheSameMakeTheSameUpdates(Stage stage) throws Exception {
    ProcessGroup single = ProcessGroup.single();
    List<Double> alone = train(new Replicas(), single, 8);
    List<List<Double>> ranks =
        InMemoryWorld.call(
            4,
            group -> {
              ProcessGroup machines = new TwoMachines(group);
              try (ParallelStrategy strategy =
                  new SharedOptimizer(plan(stage, true), ShardRanks.byMachine(machines), false)) {
                return train(strategy, machines, 8);
              }
            });
    assertSame(ranks, alone);
  }

  @Test
  void aParameterThatIsNoVectorInMemoryIsRefusedByName() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray turned = manager.ones(new Shape(2, 3)).transpose();
      turned.setRequiresGradient(true);
      List<ParameterGroup> groups =
          List.of(new ParameterGroup(List.of(NamedParameter.of("turned", turned)), 0.1, 0));
      ShardRanks ranks = ShardRanks.together(ProcessGroup.single());
      assertThatThrownBy(
              () ->
                  new SharedOptimizer(plan(Stage.OPTIMIZER, false), ranks, false)
                      .optimizer(groups, g -> Optimizers.lion(g, 0.9, 0.99)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("parameter turned does not lie in memory");
    }
  }
}
