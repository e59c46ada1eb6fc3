// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShardLayoutTest {

  private static FlatParameter parameter(String name, long... shape) {
    return new FlatParameter(name, new Shape(shape), DataType.FLOAT32, true);
  }

  @Test
  void everyElementHasOneOwnerWhateverTheSizesAndTheWorld() {
    Random random = new Random(7);
    for (int trial = 0; trial < 200; trial++) {
      int worldSize = 1 + random.nextInt(6);
      long bucketBytes = 1L + random.nextInt(200);
      List<FlatParameter> parameters = new ArrayList<>();
      for (int i = 0; i <= random.nextInt(8); i++) {
        parameters.add(parameter("p" + i, random.nextInt(5), 1 + random.nextInt(9)));
      }
      List<ShardLayout> ranks =
          IntStream.range(0, worldSize)
              .mapToObj(rank -> ShardLayout.buckets(parameters, bucketBytes, rank, worldSize))
              .toList();

      for (FlatParameter parameter : parameters) {
        long next = 0;
        for (ShardLayout.Owned owned : ranks.get(0).owners(parameter.name())) {
          assertThat(owned.slice().start()).isEqualTo(next);
          assertThat(ranks.get(owned.rank()).slices()).contains(owned.slice());
          next = owned.slice().end();
        }
        assertThat(next).isEqualTo(parameter.size());
      }
      assertThat(ranks.get(0).parameters()).isEqualTo(parameters);
      assertThat(ranks).extracting(ShardLayout::shareSize).containsOnly(ranks.get(0).shareSize());
    }
  }

  @Test
  void aBucketHasWholeParametersOfOneTypeAndALargeOneIsAlone() {
    FlatParameter wide = new FlatParameter("double", new Shape(2), DataType.FLOAT64, true);
    ShardLayout layout =
        ShardLayout.buckets(
            List.of(
                parameter("a", 4),
                parameter("b", 4),
                parameter("large", 100),
                parameter("c", 1),
                wide),
            40,
            0,
            2);
    assertThat(layout.units())
        .extracting(unit -> unit.parameters().stream().map(FlatParameter::name).toList())
        .containsExactly(List.of("a", "b"), List.of("large"), List.of("c"), List.of("double"));
  }

  @Test
  void sharesAreEqualAndTheLastIsPadded() {
    ShardUnit unit = new ShardUnit(List.of(parameter("a", 3), parameter("b", 2, 2)), 4);
    assertThat(unit.elements()).isEqualTo(7);
    assertThat(unit.shareSize()).isEqualTo(2);
    assertThat(unit.size()).isEqualTo(8);
    assertThat(unit.slices(1))
        .containsExactly(
            new ShardSlice(parameter("a", 3), 2, 3, 0),
            new ShardSlice(parameter("b", 2, 2), 0, 1, 1));
    assertThat(unit.slices(3)).containsExactly(new ShardSlice(parameter("b", 2, 2), 3, 4, 0));
  }

  @Test
  void aParameterThatIsThereTwiceIsRefused() {
    List<FlatParameter> twice = List.of(parameter("a", 3), parameter("a", 3));
    assertThatThrownBy(() -> ShardLayout.buckets(twice, 100, 0, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("parameter a is in a layout twice");
  }
}
