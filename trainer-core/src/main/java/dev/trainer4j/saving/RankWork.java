// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.ProcessGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Work of ranks that fails on all of them or on none. */
final class RankWork {

  private final ProcessGroup processes;
  private final boolean saves;
  private final Agreement agreement;

  /**
   * Makes ranks fail together.
   *
   * @param saves whether this is rank 0, or what stands in for it on its machine
   */
  RankWork(ProcessGroup processes, boolean saves) {
    this.processes = processes;
    this.saves = saves;
    agreement = new Agreement(processes);
  }

  /** What a rank does. */
  @FunctionalInterface
  interface Work {
    void run() throws IOException;
  }

  /** Runs what only ranks that save do, and fails on all ranks if it fails on one. */
  void onMain(Work work) {
    onEach(saves ? work : () -> {});
  }

  /** Runs what each rank does, and fails on all ranks if it fails on one. */
  void onEach(Work work) {
    RuntimeException failure = null;
    try {
      work.run();
    } catch (RuntimeException e) {
      failure = e;
    } catch (IOException e) {
      failure = new UncheckedIOException(e.getMessage(), e);
    }
    requireNone(failure);
  }

  /** Fails on all ranks if one has failed: there with its own error, elsewhere with the word of it. */
  void requireNone(@Nullable RuntimeException failure) {
    if (processes.worldSize() == 1) {
      if (failure != null) {
        throw failure;
      }
      return;
    }
    String first =
        agreement.firstProblem(failure == null ? null : String.valueOf(failure.getMessage()));
    if (failure != null) {
      throw failure;
    }
    if (first != null) {
      throw new IllegalStateException(first);
    }
  }

  /** Returns what rank 0 says. */
  String asMainSays(String here) {
    return agreement.asMainSays(here);
  }
}
