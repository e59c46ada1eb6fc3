// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.ValueType.INT;
import static dev.trainer4j.args.ValueType.TEXT;
import static dev.trainer4j.args.ValueType.wholeFrom;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code parallelism_config}: how many groups of ranks there are, and how many ranks share out in each. */
final class ParallelismSizes {
  private static final ValueType<Integer> SIZE = wholeFrom(1);
  private static final String REPLICAS = "dp_replicate_size";
  private static final String SHARDS = "dp_shard_size";

  private static final ConfigKeys KEYS =
      new ConfigKeys("parallelism_config", "parallelism_config_")
          .takes(REPLICAS, SIZE)
          .takes(SHARDS, SIZE)
          .anyway("tp_size", one(), "tensors are not split over ranks")
          .anyway("cp_size", one(), "sequences are not split over ranks")
          .anyway("sp_size", one(), "sequences are not split over ranks")
          .withoutEffect(TEXT, "cp_backend", "cp_comm_strategy", "sp_backend")
          .never("tensors are not split over ranks", "tp_handler")
          .never("sequences are not split over ranks", "cp_handler", "sp_handler");

  private final ConfigReading reading;

  private ParallelismSizes(ConfigReading reading) {
    this.reading = reading;
  }

  private static ValueType<Integer> one() {
    return INT.where("1", size -> size == 1);
  }

  static ParallelismSizes of(ShardingArguments args) {
    return new ParallelismSizes(KEYS.read(args.parallelismConfig()));
  }

  /** Whether groups of ranks hold the same as each other, and each shares it out. */
  boolean isHybrid() {
    return replicas() > 1 && shards() > 1;
  }

  List<ArgumentProblem> problems(boolean fsdp, boolean deepspeed) {
    ConfigReading found = reading.copy();
    if (deepspeed && !found.values().isEmpty()) {
      found
          .problems()
          .add(
              new ArgumentProblem(
                  "parallelism_config",
                  "{…}",
                  "no deepspeed beside it, which shares out over all ranks",
                  "Remove one of them"));
    } else if (!fsdp && shards() > 1) {
      found.problem(SHARDS, "fsdp true, since without it nothing is shared out", "Set fsdp");
    } else if (fsdp && replicas() > 1 && shards() == 1) {
      found.problem(
          REPLICAS,
          "a 'dp_shard_size' above 1, since fsdp shares out within each of these groups",
          "Set it, or remove fsdp");
    }
    return found.problems();
  }

  /** What shows when the ranks and their machines are known. */
  List<ArgumentProblem> problems(int worldSize, int machines) {
    List<ArgumentProblem> problems = new ArrayList<>();
    int product = replicas() * shards();
    String given = REPLICAS + " " + replicas() + " x " + SHARDS + " " + shards();
    if (!reading.values().isEmpty() && product != worldSize) {
      problems.add(
          new ArgumentProblem(
              "parallelism_config",
              given,
              "sizes whose product is the number of ranks, " + worldSize,
              "Launch " + product + " ranks, or change the sizes"));
    } else if (isHybrid() && replicas() != machines) {
      problems.add(
          new ArgumentProblem(
              "parallelism_config",
              given,
              "a 'dp_replicate_size' of "
                  + machines
                  + ", the number of machines: the ranks of one machine"
                  + " share out",
              "Change the sizes"));
    }
    return problems;
  }

  Map<String, Object> canonical() {
    reading.warn();
    return reading.canonical();
  }

  private int replicas() {
    return reading.get(REPLICAS, SIZE).orElse(1);
  }

  private int shards() {
    return reading.get(SHARDS, SIZE).orElse(1);
  }
}
