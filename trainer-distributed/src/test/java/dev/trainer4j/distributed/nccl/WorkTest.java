// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.nccl;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Iterator;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a wait makes of CUDA's and NCCL's answers, by their numbers in their headers. */
class WorkTest {
  private static final long LONG = Long.MAX_VALUE;
  private static final int ILLEGAL_ADDRESS = 700;
  private static final int REMOTE_ERROR = 6;
  private static final IntSupplier WELL = () -> 0;

  private static IntSupplier answers(int... codes) {
    Iterator<Integer> all = IntStream.of(codes).iterator();
    return all::next;
  }

  @Test
  void waitsUntilTheGpuIsReady() {
    IntSupplier query = answers(600, 600, 600, 0);

    assertThat(Work.await(query, WELL, LONG)).isEqualTo(new Work.Outcome(Work.End.DONE, 0));
  }

  @Test
  void aCommunicatorThatIsStillBusyIsWell() {
    assertThat(Work.await(answers(600, 0), answers(7, 7), LONG).end()).isEqualTo(Work.End.DONE);
  }

  @Test
  void anErrorOfTheGpuEndsTheWait() {
    assertThat(Work.await(answers(600, ILLEGAL_ADDRESS), WELL, LONG))
        .isEqualTo(new Work.Outcome(Work.End.FAILED, ILLEGAL_ADDRESS));
  }

  @Test
  void anErrorOfTheCommunicatorEndsAWaitThatTheGpuWouldNeverEnd() {
    assertThat(Work.await(() -> 600, answers(0, 0, REMOTE_ERROR), LONG))
        .isEqualTo(new Work.Outcome(Work.End.BROKEN, REMOTE_ERROR));
  }

  @Test
  void workThatIsDoneOnABrokenCommunicatorIsNotTrusted() {
    assertThat(Work.await(() -> 0, () -> REMOTE_ERROR, LONG).end()).isEqualTo(Work.End.BROKEN);
  }

  @Test
  void patienceEnds() {
    assertThat(Work.await(() -> 600, WELL, 1_000_000))
        .isEqualTo(new Work.Outcome(Work.End.TIMED_OUT, 0));
  }
}
