// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The fixture itself: it must not hide what would hang or go wrong among processes. */
@Timeout(300)
class InMemoryWorldTest {

  @Test
  void aRankThatThrowsEndsTheWaitsOfTheOthers() {
    List<Throwable> others = Collections.synchronizedList(new ArrayList<>());
    IllegalArgumentException original = new IllegalArgumentException("broken sample");
    assertThatThrownBy(
            () ->
                InMemoryWorld.run(
                    3,
                    group -> {
                      if (group.rank() == 1) {
                        throw original;
                      }
                      try {
                        group.barrier();
                        group.barrier();
                      } catch (IllegalStateException e) {
                        others.add(e);
                        throw e;
                      }
                    }))
        .isSameAs(original);
    assertThat(others)
        .hasSize(2)
        .allSatisfy(
            other ->
                assertThat(other)
                    .hasMessageContainingAll("rank 1 failed", "broken sample")
                    .hasRootCause(original));
  }

  @Test
  void anAssertionThatFailsInARankFailsTheTest() {
    assertThatThrownBy(() -> InMemoryWorld.run(2, group -> assertThat(group.rank()).isZero()))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void aRankThatEndsWhileOthersWaitIsNamed() {
    assertThatThrownBy(
            () ->
                InMemoryWorld.run(
                    2,
                    group -> {
                      if (group.rank() == 0) {
                        group.sum(1);
                      }
                    }))
        .hasMessageContaining("rank 1 ended, but rank 0 waits in allGather of bytes");
  }

  @Test
  void aRankThatDoesNotComeIsNamedInsteadOfAHang() {
    CountDownLatch waitedInVain = new CountDownLatch(1);
    assertThatThrownBy(
            () ->
                InMemoryWorld.call(
                    2,
                    Duration.ofMillis(200),
                    group -> {
                      if (group.rank() == 1) {
                        waitedInVain.await();
                      }
                      try {
                        group.barrier();
                      } finally {
                        waitedInVain.countDown();
                      }
                      return group.rank();
                    }))
        .hasMessageContaining("rank 0 waited PT0.2S in allGather of bytes for rank 1");
  }

  @Test
  void ranksThatDoDifferentThingsAreFound() {
    assertThatThrownBy(
            () ->
                InMemoryWorld.run(
                    2,
                    group -> {
                      try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
                        group.allReduce(manager.create(new Shape(2 + group.rank())));
                      }
                    }))
        .hasMessageContainingAll("rank 0 is in allReduce of float32 (2)", "float32 (3)");
  }

  @Test
  void resultsComeByRank() throws Exception {
    assertThat(InMemoryWorld.call(3, group -> "r" + group.rank()))
        .containsExactly("r0", "r1", "r2");
  }
}
