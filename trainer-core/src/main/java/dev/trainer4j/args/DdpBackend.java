// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** What carries tensors from one process to another. */
public enum DdpBackend {
  /** Open MPI, for tensors on the CPU. */
  MPI,
  /** NCCL, for tensors on GPUs. */
  NCCL
}
