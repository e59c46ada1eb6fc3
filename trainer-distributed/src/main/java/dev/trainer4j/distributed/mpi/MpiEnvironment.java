// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import java.util.Map;

/** What a launcher has told this process by its environment. */
record MpiEnvironment(Map<String, String> variables) {

  /** Returns whether a launcher that speaks PMIx has started this process as one of several. */
  boolean isLaunched() {
    String size = variables.get("OMPI_COMM_WORLD_SIZE");
    if (size != null) {
      return !size.equals("1");
    }
    return variables.containsKey("PMIX_RANK") && !"1".equals(variables.get("SLURM_STEP_NUM_TASKS"));
  }

  /** Returns whether the launcher is that of MPICH or one of its kin, or speaks their protocol. */
  boolean isLaunchedByOther() {
    return !isLaunched()
        && variables.containsKey("PMI_RANK")
        && !variables.getOrDefault("PMI_SIZE", "1").equals("1");
  }

  /** Returns whether Slurm has started several processes that do not know each other. */
  boolean isStrangersOfSlurm() {
    return !isLaunched()
        && !isLaunchedByOther()
        && variables.containsKey("SLURM_PROCID")
        && !variables.getOrDefault("SLURM_STEP_NUM_TASKS", "1").equals("1");
  }
}
