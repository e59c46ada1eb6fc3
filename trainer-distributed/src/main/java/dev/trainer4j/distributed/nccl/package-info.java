// SPDX-License-Identifier: Apache-2.0

/**
 * Collectives of tensors on GPUs, by NCCL; all else of a group is Open MPI's.
 *
 * <p>From the bottom: {@code CudaLibraries} finds what libtorch has loaded, {@code Nccl} and {@code Cuda} are the C
 * interfaces, {@code DeviceMemory} is what they work on, {@code Work} waits for the GPU, {@code NcclCommunicator}
 * is one rank of NCCL's, {@code NcclProcessGroup} the collectives.
 */
@NullMarked
package dev.trainer4j.distributed.nccl;

import org.jspecify.annotations.NullMarked;
