// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Who is to blame, by what the ranks say: no process, no time that passes by itself. */
class VerdictsTest {

  private static final long TIMEOUT = 10_000;
  private static final List<Integer> ALL = List.of(0, 1, 2);

  private final AtomicLong now = new AtomicLong(1_000_000);
  private final Verdicts verdicts = new Verdicts(3, now::get);

  private static GroupReport group(String name, List<Integer> members, long started, long waited) {
    return new GroupReport(name, members, started, waited, false, "allReduce", List.of());
  }

  private void hear(int rank, boolean ending, GroupReport... groups) throws IOException {
    RankReport report = new RankReport(rank, TIMEOUT, ending, List.of(groups));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    report.write(new DataOutputStream(bytes));
    verdicts.hear(
        RankReport.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()))));
  }

  @Test
  void ranksThatGoOnAreNotJudged() throws IOException {
    hear(0, false, group("all", ALL, 5, -1));
    hear(1, false, group("all", ALL, 6, TIMEOUT - 1));
    hear(2, false, group("all", ALL, 6, 100));
    assertThat(verdicts.verdict()).isNull();
  }

  @Test
  void theLateRankIsNamedAndWhetherItLives() throws IOException {
    hear(2, false, group("all", ALL, 5, -1));
    now.addAndGet(7000);
    hear(0, false, group("all", ALL, 6, TIMEOUT));
    hear(1, false, group("all", ALL, 5, -1));
    assertThat(verdicts.verdict())
        .isEqualTo(
            "waited 10 s (ddp_timeout) for rank 1 (alive), rank 2 (no sign of life for 7 s), in allReduce of rank 0."
                + " It hangs, or is slower than that.");
  }

  /** A rank that was stopped within a collective has called it like the others. */
  @Test
  void aSilentRankIsLateEvenIfItHasCome() throws IOException {
    hear(2, false, group("all", ALL, 6, 10));
    now.addAndGet(7000);
    hear(0, false, group("all", ALL, 6, TIMEOUT));
    hear(1, false, group("all", ALL, 6, TIMEOUT));
    assertThat(verdicts.verdict())
        .contains("for rank 2 (no sign of life for 7 s)", "of ranks 0, 1.");
  }

  @Test
  void whereAllHaveComeTheNetworkIsToBlame() throws IOException {
    for (int rank : ALL) {
      hear(rank, false, group("all", ALL, 6, TIMEOUT));
    }
    assertThat(verdicts.verdict()).contains("look at the network");
  }

  @Test
  void onlyMembersOfAGroupAreMissedInIt() throws IOException {
    hear(0, false, group("half", List.of(0, 2), 1, TIMEOUT));
    hear(1, false);
    hear(2, false);
    assertThat(verdicts.verdict()).contains("for rank 2 (alive)").doesNotContain("rank 1");
  }

  @Test
  void aRankThatEndsIsWaitedForNoLonger() throws IOException {
    hear(0, false, group("all", ALL, 6, 500));
    hear(1, true, group("all", ALL, 5, -1));
    hear(2, false, group("all", ALL, 6, 500));
    assertThat(verdicts.verdict()).as("it may be about to say why").isNull();
    hear(0, false, group("all", ALL, 6, 3000));
    assertThat(verdicts.verdict())
        .isEqualTo(
            "rank 1 has ended, but rank 0 waits for it in allReduce. What rank 1 said last tells why.");
  }

  @Test
  void collectivesThatDifferAreFoundAlsoWhenOneRankIsAhead() throws IOException {
    hear(0, false, new GroupReport("all", ALL, 301, 0, false, "broadcast", List.of(7L, 8L, 9L)));
    hear(1, false, new GroupReport("all", ALL, 300, -1, false, "allReduce", List.of(6L, 7L, 5L)));
    hear(2, false, new GroupReport("all", ALL, 300, -1, false, "allReduce", List.of(6L, 7L, 8L)));
    assertThat(verdicts.verdict())
        .contains(
            "the ranks do different things", "rank 0 was last in broadcast, rank 1 in allReduce");
  }

  @Test
  void allMustBeEndingBeforeOneMayLeave() throws IOException {
    hear(0, true);
    hear(1, true);
    assertThat(verdicts.allAreEnding()).isFalse();
    hear(2, false);
    assertThat(verdicts.allAreEnding()).isFalse();
    hear(2, true);
    assertThat(verdicts.allAreEnding()).isTrue();
  }
}
