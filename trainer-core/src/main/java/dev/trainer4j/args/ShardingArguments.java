// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.List;
import java.util.Map;

/** What several processes share out, in the words of PyTorch's FSDP, of DeepSpeed, or of Accelerate. */
public interface ShardingArguments {
  /**
   * Whether to share out with FSDP: true, or FSDP 1's words, such as {@code shard_grad_op offload}. Once built, the words are in
   * {@link #fsdpConfig()}, and this is empty for off or {@code full_shard} for on.
   *
   * @return empty by default, which means off
   */
  List<String> fsdp();

  /**
   * The keys of {@code fsdp_config}: an object, or in files and flags also the path of a JSON file. Once built, it holds FSDP 2's keys
   * that have an effect, and {@code activation_checkpointing} has become {@code gradientCheckpointing}.
   *
   * @return empty by default
   */
  Map<String, Object> fsdpConfig();

  /**
   * The keys of DeepSpeed's {@code ds_config.json}: an object, or in files and flags also the path of the file. What is {@code auto} in
   * it is what the training arguments say; what is not must equal what they say. Once built, it holds the keys that have an effect.
   *
   * @return empty by default, which means off
   */
  Map<String, Object> deepspeed();

  /**
   * The sizes of Accelerate's {@code ParallelismConfig}: {@code dp_replicate_size} groups of ranks hold the same, and the
   * {@code dp_shard_size} ranks of a group share it out.
   *
   * @return empty by default
   */
  Map<String, Object> parallelismConfig();
}
