// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.process.ProcessGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A rank among which something goes wrong. Arguments: what, and a folder. */
public final class FaultMain {

  private FaultMain() {}

  /** Runs in every rank. */
  public static void main(String[] args) throws Exception {
    int given = Integer.parseInt(System.getenv("OMPI_COMM_WORLD_RANK"));
    if (args[0].equals("other-java") && given == 1) {
      System.setProperty("java.version", "99.0.1");
    }
    if (args[0].equals("never-joins") && given == 1) {
      Thread.sleep(Duration.ofMinutes(10).toMillis());
    }
    try (ProcessGroup group = ProcessGroup.launched();
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      group.limitWaits(Duration.ofSeconds(3));
      NDArray array = manager.ones(new Shape(1000));
      for (int i = 0; i < 300; i++) { // Past those that are checked before they run.
        group.allReduce(array.mul(0));
      }
      fail(args[0], Path.of(args[1]), group, manager);
    }
    System.out.println("ended well");
  }

  private static void fail(String what, Path folder, ProcessGroup group, NDManager manager)
      throws IOException, InterruptedException {
    boolean last = group.rank() == group.worldSize() - 1;
    switch (what) {
      case "works" -> {
        sayPid(folder, group);
        NDArray array = manager.ones(new Shape(1 << 20));
        for (int i = 0; i < 1_000_000; i++) {
          group.allReduce(array);
        }
      }
      case "hangs" -> {
        if (last) {
          Thread.sleep(Duration.ofMinutes(10).toMillis());
        }
        group.barrier();
      }
      case "throws" -> {
        if (last) {
          throw new IllegalArgumentException("this sample is broken");
        }
        group.barrier();
      }
      case "differs" -> {
        if (last) {
          group.broadcast(manager.ones(new Shape(3)), 0);
        } else {
          group.allReduce(manager.ones(new Shape(5, 5)));
        }
        group.barrier();
        Thread.sleep(Duration.ofMinutes(10).toMillis());
      }
      case "forgets-to-close" -> {
        ProcessGroup forgotten = group.split(0);
        forgotten.barrier();
      }
      default -> group.barrier();
    }
  }

  private static void sayPid(Path folder, ProcessGroup group) throws IOException {
    Files.writeString(
        folder.resolve("pid-" + group.rank()), String.valueOf(ProcessHandle.current().pid()));
    group.barrier();
    if (group.isMain()) {
      System.out.println("working");
    }
  }
}
