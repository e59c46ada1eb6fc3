// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The command line that starts all workers of a job. */
final class JobCommand {

  /** What other machines need to know of this one's environment, beside what the job sets. */
  private static final Pattern HANDED_ON =
      Pattern.compile(
          "(TRAINER4J|ACCELERATE|FSDP|HF|DJL|PYTORCH|ENGINE_CACHE|NCCL|CUBLAS|NVIDIA_TF32|TORCH|OMP|MKL|JAVA_TOOL|LD_LIBRARY|OPT_OUT|RUST)_?.*|PATH");

  private JobCommand() {}

  /**
   * Returns the words of the command.
   *
   * @param worker the command of one worker
   * @param variables what the job sets
   * @param environment of this process
   * @param toMachines options of Open MPI that say which machines there are
   */
  static List<String> of(
      JobPlan plan,
      LaunchSettings settings,
      List<String> worker,
      Collection<String> variables,
      Map<String, String> environment,
      List<String> toMachines) {
    List<String> words = new ArrayList<>();
    switch (plan.starter()) {
      case SELF -> {}
      case MPIRUN -> mpirun(words, plan, settings, variables, environment, toMachines);
      case SRUN -> srun(words, plan, settings, environment);
    }
    words.addAll(worker);
    return words;
  }

  private static void mpirun(
      List<String> words,
      JobPlan plan,
      LaunchSettings settings,
      Collection<String> variables,
      Map<String, String> environment,
      List<String> toMachines) {
    words.add(
        require(
            "mpirun",
            environment,
            "processes are started with Open MPI: install it (Debian and Ubuntu: apt-get install"
                + " openmpi-bin; Fedora: dnf install openmpi; conda: conda install -c conda-forge"
                + " openmpi), or give --num_processes 1"));
    if ("root".equals(System.getProperty("user.name"))) {
      words.add("--allow-run-as-root");
    }
    words.addAll(
        List.of("--oversubscribe", "--tag-output", "-n", String.valueOf(plan.processes())));
    words.addAll(List.of("--bind-to", settings.is("enable_cpu_affinity") ? "numa" : "none"));
    if (plan.machines() > 1) {
      words.addAll(List.of("--map-by", "ppr:" + plan.processesPerMachine() + ":node"));
    }
    settings
        .path("mpirun_hostfile")
        .ifPresent(file -> words.addAll(List.of("--hostfile", hostfile(file))));
    // A machine that cannot be reached any more is noticed after some seconds, not after five
    // minutes.
    words.addAll(
        List.of(
            "--mca",
            "oob_tcp_keepalive_time",
            "5",
            "--mca",
            "oob_tcp_keepalive_intvl",
            "2",
            "--mca",
            "oob_tcp_keepalive_probes",
            "3"));
    words.addAll(toMachines);
    variables.forEach(name -> words.addAll(List.of("-x", name)));
    environment.keySet().stream()
        .filter(name -> HANDED_ON.matcher(name).matches() && !variables.contains(name))
        .sorted()
        .forEach(name -> words.addAll(List.of("-x", name)));
  }

  private static String hostfile(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new LaunchException(
          "mpirun_hostfile "
              + file
              + " is no file; it has a line for each machine: its name, and slots=N");
    }
    return file.toString();
  }

  /** Ranks say their numbers before their lines. */
  private static void srun(
      List<String> words, JobPlan plan, LaunchSettings settings, Map<String, String> environment) {
    words.add(
        require(
            "srun",
            environment,
            "this is an allocation of Slurm (SLURM_JOB_ID is set), whose srun starts the processes;"
                + " put it on the PATH, or name machines with --mpirun_hostfile"));
    words.addAll(
        List.of(
            "--ntasks",
            String.valueOf(plan.processes()),
            "--nodes",
            String.valueOf(plan.machines())));
    words.addAll(List.of("--ntasks-per-node", String.valueOf(plan.processesPerMachine())));
    words.addAll(List.of("--mpi", "pmix", "--label", "--unbuffered", "--kill-on-bad-exit=1"));
    if (settings.is("enable_cpu_affinity")) {
      words.add("--cpu-bind=ldoms");
    }
  }

  /** Looked for by hand, so that the error is ours and says what to install. */
  private static String require(String program, Map<String, String> environment, String help) {
    if (find(program, environment).isEmpty()) {
      throw new LaunchException(program + " is not found on the PATH; " + help);
    }
    // By its name: called by its path, mpirun tells other machines to look at the same place.
    return program;
  }

  /** Returns the path of a program; empty if the PATH does not have it. */
  static Optional<String> find(String program, Map<String, String> environment) {
    return Arrays.stream(environment.getOrDefault("PATH", "").split(File.pathSeparator))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst()
        .map(Path::toString);
  }
}
