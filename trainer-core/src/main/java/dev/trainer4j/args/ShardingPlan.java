// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/**
 * What ranks share out among themselves in place of holding it all, whatever words it was asked for in:
 * FSDP's, or DeepSpeed's.
 *
 * @param stage what is shared out
 * @param hybrid whether only the ranks of one machine share, and machines hold the same as each other
 *     (HYBRID_SHARD)
 * @param offloadOptimizer whether the optimizer's state, and its step, stay in the memory of the CPU
 * @param offloadParameters whether shares of parameters stay there until a segment needs them
 * @param stateDictType what a checkpoint has
 * @param bucketBytes how many bytes of gradients are reduced at once, from 1
 * @param cpuRamEfficientLoading whether only rank 0 of a machine reads a model's folder, tensor by tensor, and
 *     no rank ever holds all of it
 */
public record ShardingPlan(
    Stage stage,
    boolean hybrid,
    boolean offloadOptimizer,
    boolean offloadParameters,
    StateDictType stateDictType,
    long bucketBytes,
    boolean cpuRamEfficientLoading) {

  /** What is shared out; each stage has what the ones before it have. */
  public enum Stage {
    /** Nothing: plain data parallelism (NO_SHARD). */
    NONE,
    /** The optimizer's state (ZeRO-1). */
    OPTIMIZER,
    /** And gradients (ZeRO-2, SHARD_GRAD_OP). */
    GRADIENTS,
    /** And parameters, which are gathered segment by segment (ZeRO-3, FULL_SHARD). */
    PARAMETERS
  }

  /** What a checkpoint has of a model that is shared out. */
  public enum StateDictType {
    /** Whole tensors in Hugging Face's files, gathered one by one. */
    FULL_STATE_DICT,
    /** Pieces that every rank writes by itself, readable by any number of ranks. */
    SHARDED_STATE_DICT,
    /**
     * Pieces as ranks hold them. A rank holds ranges of the elements of named tensors, so these are the pieces of {@link
     * #SHARDED_STATE_DICT}, and readable by any number of ranks.
     */
    LOCAL_STATE_DICT
  }

  /** Nothing is shared out; gradients are reduced in buckets of 25 MiB, as PyTorch's DDP does. */
  public static final ShardingPlan NONE =
      new ShardingPlan(
          Stage.NONE, false, false, false, StateDictType.FULL_STATE_DICT, 25L << 20, false);

  /** Refuses what contradicts itself. */
  public ShardingPlan {
    if (bucketBytes < 1) {
      throw new IllegalArgumentException(
          "bucketBytes is " + bucketBytes + ", but must be at least 1");
    }
    if (offloadParameters && stage != Stage.PARAMETERS) {
      throw new IllegalArgumentException(
          "parameters can stay on the CPU only where they are shared out (stage 3, FULL_SHARD)");
    }
  }
}
