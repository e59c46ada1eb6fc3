// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.LogLevel;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.process.ProcessGroup;
import java.nio.file.Path;
import java.util.List;

/**
 * A rank that takes itself for the only one of its machine, and works in a folder of its own as if it were its disk.
 * Arguments: saveOnEachNode, logOnEachNode.
 */
public final class NodesMain {

  private NodesMain() {}

  /** Runs in every rank. */
  public static void main(String[] args) {
    try (ProcessGroup group = new OneOfEachNode(ProcessGroup.launched())) {
      train(group, args, 2, ResumeFrom.never());
      if (Boolean.parseBoolean(args[0])) {
        train(group, args, 4, ResumeFrom.latest());
      }
    }
  }

  private static void train(ProcessGroup group, String[] args, int updates, ResumeFrom from) {
    TrainingArguments arguments =
        TrainingArguments.builder()
            .outputDir(Path.of("out"))
            .maxSteps(updates)
            .perDeviceTrainBatchSize(4)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(2)
            .saveOnEachNode(Boolean.parseBoolean(args[0]))
            .logOnEachNode(Boolean.parseBoolean(args[1]))
            .logLevelReplica(LogLevel.ERROR)
            .useCpu(true)
            .build();
    try (Trainer trainer =
        Trainer.builder(Models.block(), arguments)
            .trainDataset(Models.points(40))
            .processGroup(group)
            .build()) {
      trainer.train(from);
    }
  }

  /** The same processes, each on a machine of its own. */
  private record OneOfEachNode(ProcessGroup processes) implements ProcessGroup {
    @Override
    public int rank() {
      return processes.rank();
    }

    @Override
    public int worldSize() {
      return processes.worldSize();
    }

    @Override
    public int localRank() {
      return 0;
    }

    @Override
    public int nodeRank() {
      return rank();
    }

    @Override
    public void broadcast(NDArray array, int root) {
      processes.broadcast(array, root);
    }

    @Override
    public void allReduce(NDArray array) {
      processes.allReduce(array);
    }

    @Override
    public void reduceScatter(NDArray array) {
      processes.reduceScatter(array);
    }

    @Override
    public void allGather(NDArray array) {
      processes.allGather(array);
    }

    @Override
    public List<byte[]> allGather(byte[] bytes) {
      return processes.allGather(bytes);
    }

    @Override
    public void close() {
      processes.close();
    }
  }
}
