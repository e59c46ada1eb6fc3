// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.distributed.launch.JobPlan.Starter;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** This machine's part in a job: all of it, or that of machine 0, or that of another machine. */
final class MachineRun {

  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Pattern TIMEOUT = Pattern.compile("(?:join_)?timeout=(\\d{1,6})");

  private MachineRun() {}

  /** Runs this machine's part, and returns the exit code. Signals that this process gets meanwhile go to all ranks. */
  static int run(LaunchSettings settings, JobPlan plan, WorkerCommand worker, Attempts attempts)
      throws InterruptedException {
    boolean joins =
        plan.starter() == Starter.MPIRUN
            && plan.machines() > 1
            && settings.text("mpirun_hostfile").isEmpty();
    if (!joins) {
      try (Signals signals = Signals.forwardTo(attempts::stop)) {
        return signals.exitCode(attempts.run(List.of()).exitCode());
      }
    }
    String job =
        worker.mainClass()
            + " in "
            + plan.processes()
            + " processes on "
            + plan.machines()
            + " machines";
    return plan.machineRank() == 0
        ? first(plan, job, patience(settings), attempts)
        : other(plan, job, patience(settings));
  }

  private static int first(JobPlan plan, String job, Duration patience, Attempts attempts)
      throws InterruptedException {
    try (Machines machines = Machines.open(plan, job, MachineRun::say)) {
      machines.await(patience);
      machines.watch(attempts::fail, attempts::stop);
      try (Signals signals = Signals.forwardTo(attempts::stop)) {
        int code = signals.exitCode(attempts.run(machines.options()).exitCode());
        machines.bye(code);
        return code;
      }
    }
  }

  private static int other(JobPlan plan, String job, Duration patience)
      throws InterruptedException {
    try (MachineMember member = MachineMember.join(plan, job, patience, MachineRun::say);
        Signals signals = Signals.forwardTo(member::stop)) {
      return signals.exitCode(member.serve());
    }
  }

  private static Duration patience(LaunchSettings settings) {
    String given = settings.text("rdzv_conf").orElse("");
    if (given.isEmpty()) {
      return PATIENCE;
    }
    Matcher matcher = TIMEOUT.matcher(given);
    if (!matcher.matches()) {
      throw new LaunchException(
          "--rdzv_conf is "
              + given
              + "; only timeout=SECONDS is offered: how long machines wait for each other");
    }
    return Duration.ofSeconds(Long.parseLong(matcher.group(1)));
  }

  private static void say(String line) {
    System.err.println("launch: " + line);
  }
}
