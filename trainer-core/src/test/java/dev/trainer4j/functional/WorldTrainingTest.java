// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.functional.WorldRuns.Seen;
import dev.trainer4j.model.Losses;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop, evaluation and saving in worlds of several ranks, which are threads here, against one process. */
@Timeout(300)
class WorldTrainingTest {

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"2, 1", "3, 1", "6, 1", "2, 2", "3, 2"})
  void severalRanksLearnWhatOneProcessLearnsOfTheSameBatches(int worldSize, int accumulation)
      throws Exception {
    Seen alone =
        WorldRuns.inWorld(folder, 1, args -> args.gradientAccumulationSteps(accumulation)).get(0);
    List<Seen> ranks =
        WorldRuns.inWorld(folder, worldSize, args -> args.gradientAccumulationSteps(accumulation));

    assertThat(ranks).hasSize(worldSize);
    ranks.forEach(rank -> WorldRuns.assertSame(rank, alone, 1e-5));
    ranks.forEach(rank -> assertThat(rank.weights()).isEqualTo(ranks.get(0).weights()));
    assertThat(alone.predictions()).hasSize(11 * TinyData.CLASSES);
  }

  /** In the last update of an epoch two of three ranks have no sample, and so no part of a loss. */
  @Test
  void namedPartsOfALossAreThoseOfAllRanks() throws Exception {
    List<Double> alone = parts(ProcessGroup.single(), 1);
    List<List<Double>> ranks = InMemoryWorld.call(3, group -> parts(group, 3));

    assertThat(alone).hasSize(12);
    for (List<Double> rank : ranks) {
      assertThat(rank).hasSize(12);
      for (int i = 0; i < 12; i++) {
        assertThat(rank.get(i)).isCloseTo(alone.get(i), within(1e-5));
      }
    }
  }

  private List<Double> parts(ProcessGroup group, int worldSize) {
    try (TinyModel tiny = new TinyModel(1, 0);
        Trainer trainer =
            Trainer.builder(
                    tiny.model(), WorldRuns.args(folder.resolve("parts"), worldSize).build())
                .trainDataset(TinyData.points(WorldRuns.SAMPLES, 1))
                .evalDataset(TinyData.points(11, 2))
                .computeLossFunc(
                    (outputs, inputs) ->
                        Losses.crossEntropy(outputs.logits(), inputs.get("labels"))
                            .part("size", outputs.logits().square().sum()))
                .processGroup(group)
                .build()) {
      trainer.train();
      return trainer.state().logHistory().stream()
          .flatMap(line -> line.value("size").stream().boxed())
          .toList();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aRunOfTwoRanksGoesOnWithAnotherNumberOfThem(int resumedSize) throws Exception {
    Path out = folder.resolve("moved");
    InMemoryWorld.run(
        2,
        group ->
            WorldRuns.train(
                group,
                WorldRuns.args(out, 2)
                    .maxSteps(5)
                    .saveStrategy(IntervalStrategy.STEPS)
                    .saveSteps(5)
                    .build(),
                ResumeFrom.never()));
    List<Seen> resumed =
        InMemoryWorld.call(
            resumedSize,
            group ->
                WorldRuns.train(
                    group,
                    WorldRuns.args(out, resumedSize).maxSteps(9).build(),
                    ResumeFrom.path(out.resolve("checkpoint-5"))));
    Seen alone = WorldRuns.inWorld(folder, 1, args -> args.maxSteps(9)).get(0);

    resumed.forEach(
        rank ->
            rank.weights()
                .forEach(
                    (name, values) -> {
                      for (int i = 0; i < values.size(); i++) {
                        assertThat(values.get(i))
                            .isCloseTo(alone.weights().get(name).get(i), within(1e-5));
                      }
                    }));
  }
}
