// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Which processes there are, and what each of them has.
 *
 * @param starter who starts them
 * @param processes on all machines together
 * @param machines that take part
 * @param machineRank the number of this one
 * @param mainAddress of machine 0
 * @param mainPort at which the others join
 * @param threads of each process
 * @param gpus of each machine, one for each of its processes; none for the CPU
 */
record JobPlan(
    Starter starter,
    int processes,
    int machines,
    int machineRank,
    String mainAddress,
    int mainPort,
    int threads,
    List<String> gpus) {

  /** Who starts the processes. */
  enum Starter {
    /** This process, if there is one only. */
    SELF,
    /** Open MPI. */
    MPIRUN,
    /** Slurm, in an allocation of it. */
    SRUN
  }

  JobPlan {
    gpus = List.copyOf(gpus);
  }

  /** Returns how many processes each machine has. */
  int processesPerMachine() {
    return processes / machines;
  }

  /**
   * Plans a job.
   *
   * @param environment of this process
   * @throws LaunchException if this machine does not have what is asked for; the message says what is missing
   */
  static JobPlan of(LaunchSettings settings, Map<String, String> environment) {
    List<String> problems = new ArrayList<>();
    boolean slurm = isInSlurm(settings, environment);
    int machines = settings.whole("num_machines", slurm ? nodes(environment) : 1);
    List<String> gpus = settings.is("cpu") ? List.of() : gpus(settings, environment);
    int processes = settings.whole("num_processes", Math.max(1, gpus.size() * machines));
    if (processes % machines != 0) {
      problems.add(
          "num_processes is "
              + processes
              + ", which num_machines "
              + machines
              + " does not divide; every machine has as many as the others");
    }
    checkMachines(settings, machines, slurm, problems);
    settings
        .path("deepspeed_config_file")
        .filter(file -> settings.is("use_deepspeed") && !Files.isRegularFile(file))
        .ifPresent(
            file ->
                problems.add(
                    "deepspeed_config_file is "
                        + file
                        + ", which is no file; give the path of a ds_config.json"));
    int local = Math.max(1, processes / machines);
    checkGpus(settings, local, gpus, problems);
    if (!problems.isEmpty()) {
      throw LaunchException.of(
          "the job cannot be started"
              + (settings.source().isEmpty() ? "" : " (configuration " + settings.source() + ")"),
          problems);
    }
    Starter starter = slurm ? Starter.SRUN : processes == 1 ? Starter.SELF : Starter.MPIRUN;
    return new JobPlan(
        starter,
        processes,
        machines,
        settings.whole("machine_rank", 0),
        settings.text("main_process_ip").orElse("127.0.0.1"),
        settings.whole("main_process_port", 29500),
        threads(settings, environment, local),
        gpus.isEmpty() ? List.of() : gpus.subList(0, Math.min(local, gpus.size())));
  }

  /** Where machines are named otherwise, Slurm is not asked. */
  private static boolean isInSlurm(LaunchSettings settings, Map<String, String> environment) {
    return environment.containsKey("SLURM_JOB_ID")
        && settings.text("mpirun_hostfile").isEmpty()
        && settings.text("main_process_ip").isEmpty();
  }

  private static int nodes(Map<String, String> environment) {
    String nodes =
        environment.getOrDefault(
            "SLURM_NNODES", environment.getOrDefault("SLURM_JOB_NUM_NODES", "1"));
    return nodes.matches("[1-9]\\d{0,6}") ? Integer.parseInt(nodes) : 1;
  }

  private static List<String> gpus(LaunchSettings settings, Map<String, String> environment) {
    String ids = settings.text("gpu_ids").orElse("all");
    return ids.equals("all") ? Gpus.ofThisMachine(environment) : Gpus.named(ids);
  }

  private static void checkMachines(
      LaunchSettings settings, int machines, boolean slurm, List<String> problems) {
    int rank = settings.whole("machine_rank", 0);
    if (rank >= machines) {
      problems.add(
          "machine_rank is "
              + rank
              + ", but num_machines is "
              + machines
              + "; machines are counted from 0");
    }
    if (machines == 1 || slurm || settings.text("mpirun_hostfile").isPresent()) {
      return;
    }
    if (settings.text("main_process_ip").isEmpty()) {
      problems.add(
          "num_machines is "
              + machines
              + ", but main_process_ip is missing; give the address of machine 0, or a file of"
              + " hosts with --mpirun_hostfile");
    }
    if (settings.whole("main_process_port", 29500) == 0) {
      problems.add(
          "main_process_port is 0, which the other machines cannot know; give a port that is free"
              + " on machine 0");
    }
  }

  private static void checkGpus(
      LaunchSettings settings, int local, List<String> gpus, List<String> problems) {
    if (settings.is("multi_gpu") && gpus.isEmpty()) {
      problems.add(
          "GPUs are asked for (multi_gpu, or distributed_type MULTI_GPU), "
              + local
              + " on each machine, but this one has none that a driver shows; add --cpu to train on"
              + " the CPU");
    } else if (!gpus.isEmpty() && local > gpus.size()) {
      problems.add(
          "each machine has "
              + local
              + " processes, but this one has "
              + gpus.size()
              + " GPUs ("
              + String.join(",", gpus)
              + "); one process needs one: lower num_processes, or add --cpu");
    }
  }

  private static int threads(LaunchSettings settings, Map<String, String> environment, int local) {
    String fromOutside = environment.getOrDefault("OMP_NUM_THREADS", "");
    int divided = Math.max(1, Runtime.getRuntime().availableProcessors() / local);
    int otherwise = fromOutside.matches("[1-9]\\d{0,5}") ? Integer.parseInt(fromOutside) : divided;
    return settings.whole("num_cpu_threads_per_process", otherwise);
  }
}
