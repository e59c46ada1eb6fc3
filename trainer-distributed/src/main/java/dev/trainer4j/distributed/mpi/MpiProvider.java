// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.process.ProcessGroupProvider;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins the processes that {@code mpirun}, or {@code srun --mpi=pmix}, has started. Any other process is a
 * world of one, and Open MPI is not touched.
 */
public final class MpiProvider implements ProcessGroupProvider {

  private static final Logger LOG = LoggerFactory.getLogger(MpiProvider.class);

  private final MpiEnvironment environment;

  /** Reads the environment of this process. */
  public MpiProvider() {
    this(System.getenv());
  }

  MpiProvider(Map<String, String> variables) {
    environment = new MpiEnvironment(variables);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if Open MPI is missing, or is another MPI, or if ranks run other versions of
   *     Java, libtorch, DJL, Open MPI or Trainer4J
   */
  @Override
  public Optional<ProcessGroup> join() {
    if (environment.isLaunchedByOther()) {
      throw new IllegalStateException(
          "this process was started as one of several by MPICH's mpiexec, or one of its kin (PMI_RANK is set), whose"
              + " binary interface is not Open MPI's. Install Open MPI (Debian and Ubuntu: apt-get install"
              + " openmpi-bin) and start with its mpirun; under Slurm with srun --mpi=pmix");
    }
    if (environment.isStrangersOfSlurm()) {
      LOG.warn(
          "srun has started several processes that do not know each other, so each trains alone. If they are to"
              + " train together, start them with srun --mpi=pmix");
    }
    return environment.isLaunched() ? Optional.of(MpiRuntime.get().join()) : Optional.empty();
  }
}
