// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.ProcessGroup;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Work of ranks that fails on all of them or on none. */
final class RankWork {

  private final boolean saves;
  private final Agreement agreement;

  /**
   * Makes ranks fail together.
   *
   * @param saves whether this is rank 0, or what stands in for it on its machine
   */
  RankWork(ProcessGroup processes, boolean saves) {
    this.saves = saves;
    agreement = new Agreement(processes);
  }

  /** Runs what only ranks that save do, and fails on all ranks if it fails on one. */
  void onMain(Agreement.Work work) {
    onEach(saves ? work : () -> {});
  }

  /** Runs what each rank does, and fails on all ranks if it fails on one. */
  void onEach(Agreement.Work work) {
    try {
      agreement.failTogether(work);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** Returns what rank 0 says. */
  String asMainSays(String here) {
    return agreement.asMainSays(here);
  }
}
