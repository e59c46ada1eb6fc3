// SPDX-License-Identifier: Apache-2.0

/**
 * A group of processes over Open MPI: {@link dev.trainer4j.distributed.mpi.MpiProvider} joins it where {@code
 * mpirun} or {@code srun} started the process.
 *
 * <p>From the bottom: {@code OpenMpi} is the C interface, {@code MpiLibrary} loads it, {@code Communicator}
 * checks its answers, {@code TensorMemory} is what it works on, {@code MpiProcessGroup} the collectives. {@code
 * Watch} runs beside all that, over TCP: a rank that waits in MPI can do nothing, so threads of their own tell
 * each other how far the ranks are, and end a job in which some of them wait for one that does not come.
 */
@NullMarked
package dev.trainer4j.distributed.mpi;

import org.jspecify.annotations.NullMarked;
