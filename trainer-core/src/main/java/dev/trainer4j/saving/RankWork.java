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
  private final Agreement agreement;

  RankWork(ProcessGroup processes) {
    this.processes = processes;
    agreement = new Agreement(processes);
  }

  /** What a rank does. */
  @FunctionalInterface
  interface Work {
    void run() throws IOException;
  }

  /** Runs what only rank 0 does, and fails on all ranks if it fails there. */
  void onMain(Work work) {
    onEach(processes.isMain() ? work : () -> {});
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
