// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.testing.InMemoryWorld;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class AgreementTest {

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void allRanksGetTheSameAnswer(int worldSize) throws Exception {
    InMemoryWorld.run(
        worldSize,
        group -> {
          Agreement agreement = new Agreement(group);
          int rank = group.rank();
          boolean last = rank == worldSize - 1;
          assertThat(agreement.any(last)).isTrue();
          assertThat(agreement.any(false)).isFalse();
          assertThat(agreement.all(last)).isFalse();
          assertThat(agreement.all(true)).isTrue();
          assertThat(agreement.union(1L << (63 - rank))).isEqualTo(-1L << (64 - worldSize));
          assertThat(agreement.least(-rank)).isEqualTo(1 - worldSize);
          assertThat(agreement.least(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
          assertThat(agreement.greatest(rank)).isEqualTo(worldSize - 1);
          assertThat(agreement.greatest(Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
          assertThat(agreement.asMainSays("folder " + rank)).isEqualTo("folder 0");
          assertThat(agreement.firstProblem(null)).isNull();
          assertThat(agreement.firstProblem(last ? "disk full" : null))
              .isEqualTo("rank " + (worldSize - 1) + ": disk full");
          assertThat(agreement.firstProblem(rank > 0 ? "" : null)).isEqualTo("rank 1: ");
          agreement.requireSame("seed", 42);
          agreement.requireSame("output", null);
        });
  }

  @Test
  void theFirstRankThatDiffersIsNamedOnAllRanks() throws Exception {
    InMemoryWorld.run(
        3,
        group ->
            assertThatThrownBy(
                    () -> new Agreement(group).requireSame("learningRate", group.rank() / 2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                    "learningRate is not the same on all ranks: rank 0 has 0, rank 2 has 1. Give all"
                        + " ranks the same."));
  }

  @Test
  void inAWorldOfOneTheAnswerIsTheQuestion() {
    Agreement agreement = new Agreement(ProcessGroup.single());
    assertThat(agreement.any(true)).isTrue();
    assertThat(agreement.any(false)).isFalse();
    assertThat(agreement.all(true)).isTrue();
    assertThat(agreement.all(false)).isFalse();
    assertThat(agreement.union(5)).isEqualTo(5);
    assertThat(agreement.least(7)).isEqualTo(7);
    assertThat(agreement.greatest(-7)).isEqualTo(-7);
    assertThat(agreement.firstProblem("disk full")).isEqualTo("disk full");
    assertThat(agreement.firstProblem(null)).isNull();
    assertThat(agreement.asMainSays("folder")).isEqualTo("folder");
    agreement.requireSame("seed", 1);
  }
}
