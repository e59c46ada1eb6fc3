// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.Optional;
import java.util.OptionalInt;
import org.immutables.value.Value;

/** How several processes train one model together. In a world of one process they have no effect. */
public interface DistributedArguments {
  /**
   * How much of the gradients is summed over the processes at once: they are copied into buckets of this size. On a CPU a gradient
   * of 1 MiB or more is summed where it is.
   *
   * @return MiB, at least 1; unset by default, which means 25
   */
  OptionalInt ddpBucketCapMb();

  /**
   * Whether the tensors that a forward pass changes by itself, such as running means, are those of rank 0 on all ranks: they are
   * given to all after each update. Else each rank keeps its own, evaluations differ by rank, and a checkpoint has those of rank 0.
   *
   * @return unset by default, which means yes
   */
  Optional<Boolean> ddpBroadcastBuffers();

  /**
   * What carries tensors. Another one than the processes were started with is an error.
   *
   * @return unset by default, which means whatever the processes were started with
   */
  Optional<DdpBackend> ddpBackend();

  /**
   * How long the processes wait for one of them, after which the run ends with an error that names it.
   *
   * @return seconds, at least 1; 1800 by default
   */
  @Value.Default
  default int ddpTimeout() {
    return 1800;
  }
}
