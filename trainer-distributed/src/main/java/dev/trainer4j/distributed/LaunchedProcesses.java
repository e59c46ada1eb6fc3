// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed;

import dev.trainer4j.distributed.mpi.MpiProcessGroup;
import dev.trainer4j.distributed.mpi.MpiProvider;
import dev.trainer4j.distributed.nccl.NcclProcessGroup;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.process.ProcessGroupProvider;
import dev.trainer4j.torch.Devices;
import java.util.Optional;

/** Joins the processes that Open MPI has started; where libtorch sees a GPU, NCCL carries what is on it. */
public final class LaunchedProcesses implements ProcessGroupProvider {

  private final MpiProvider mpi = new MpiProvider();

  @Override
  public Optional<ProcessGroup> join() {
    return mpi.join().map(LaunchedProcesses::withGpu);
  }

  private static ProcessGroup withGpu(ProcessGroup group) {
    return group instanceof MpiProcessGroup ranks && Devices.hasGpu()
        ? new NcclProcessGroup(ranks)
        : group;
  }
}
