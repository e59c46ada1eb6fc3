// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.args.LaunchEnvironment;
import dev.trainer4j.distributed.launch.RankOutput.Channel;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Starts the ranks of a job, and starts them again after a failure as often as allowed. */
final class Attempts {

  /** 128 and SIGTERM's number, as shells have it. */
  private static final int STOPPED = 143;

  private static final int FAILED = 1;

  private final LaunchSettings settings;
  private final JobPlan plan;
  private final WorkerCommand worker;
  private final Map<String, String> variables;
  private final LogFiles files;
  private final PrintStream out;
  private final PrintStream err;
  private final int keptLines;
  private final long begin = System.currentTimeMillis();

  private @Nullable Job running;
  private int stops;
  private @Nullable String lost;

  Attempts(
      LaunchSettings settings,
      JobPlan plan,
      WorkerCommand worker,
      Map<String, String> variables,
      PrintStream out,
      PrintStream err,
      int keptLines) {
    this.settings = settings;
    this.plan = plan;
    this.worker = worker;
    this.variables = variables;
    this.out = out;
    this.err = err;
    this.keptLines = keptLines;
    files = LogFiles.of(settings);
  }

  /**
   * Runs the job.
   *
   * @param toMachines options of Open MPI that say which machines there are
   */
  LaunchResult run(List<String> toMachines) throws InterruptedException {
    int allowed = settings.whole("max_restarts", 0);
    try (files) {
      for (int attempt = 0; ; attempt++) {
        LaunchResult result = attempt(attempt, toMachines);
        if (result.failure().isEmpty() || attempt == allowed || lost().isPresent()) {
          return result;
        }
        err.println("launch: starting again, attempt " + (attempt + 2) + " of " + (allowed + 1));
      }
    }
  }

  private LaunchResult attempt(int number, List<String> toMachines) throws InterruptedException {
    files.begin(number);
    RankOutput output =
        new RankOutput(plan.processes() == 1, settings.is("quiet"), keptLines, out, err, files);
    Map<String, String> all = environment(number);
    List<String> command =
        JobCommand.of(
            plan, settings, worker.words(plan), all.keySet(), System.getenv(), toMachines);
    if (settings.is("debug")) {
      output.say("starting " + String.join(" ", command));
    }
    try (Job job = Job.start(plan.starter(), command, all, output)) {
      begin(job);
      int code = job.await();
      return result(code, number, output);
    } finally {
      begin(null);
    }
  }

  /** A stop that came before the job's start is not lost. */
  private synchronized void begin(@Nullable Job job) {
    running = job;
    if (job != null && lost != null) {
      job.kill();
    } else if (job != null && stops > 0) {
      job.stop();
    }
  }

  /** Asks all ranks to end in order; the second time ends them at once. May be called from any thread. */
  synchronized void stop() {
    stops++;
    if (running != null && stops == 1) {
      running.stop();
    } else if (running != null) {
      running.kill();
    }
  }

  /** Ends the job, which cannot go on, nor be started again. May be called from any thread. */
  synchronized void fail(String why) {
    if (lost == null) {
      lost = why;
      if (running != null) {
        running.kill();
      }
    }
  }

  private Map<String, String> environment(int attempt) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("MASTER_ADDR", plan.mainAddress());
    all.put("MASTER_PORT", String.valueOf(plan.mainPort()));
    all.put("LOCAL_WORLD_SIZE", String.valueOf(plan.processesPerMachine()));
    all.putAll(WorkerEnvironment.of(settings, plan.threads()));
    // One heap for all threads: glibc gives large blocks of any other one back whenever they are
    // freed.
    all.put("MALLOC_ARENA_MAX", System.getenv().getOrDefault("MALLOC_ARENA_MAX", "1"));
    all.put(LaunchEnvironment.RESTART_COUNT, String.valueOf(attempt));
    all.put(LaunchEnvironment.JOB_BEGIN, String.valueOf(begin));
    // Without a list, a rank sees what this process sees; with --cpu it sees none.
    all.put("TRAINER4J_GPUS", String.join(",", plan.gpus()));
    if (settings.is("cpu")) {
      all.put("CUDA_VISIBLE_DEVICES", "");
    }
    all.putAll(variables);
    return all;
  }

  private LaunchResult result(int ended, int attempt, RankOutput output) {
    // Whoever starts the ranks may have to be ended by force then, which is not the reason.
    int code = lost().isPresent() ? FAILED : ended;
    boolean stopped = stopped();
    Optional<Failure> failure =
        code == 0 || stopped
            ? Optional.empty()
            : Optional.of(lost().orElseGet(() -> Failure.of(code, plan.processes() == 1, output)));
    failure.ifPresent(what -> report(what, output));
    return new LaunchResult(
        stopped ? STOPPED : code,
        attempt,
        failure,
        IntStream.range(0, plan.processes())
            .mapToObj(rank -> output.kept(rank, Channel.STDOUT))
            .toList(),
        IntStream.range(0, plan.processes())
            .mapToObj(rank -> output.kept(rank, Channel.STDERR))
            .toList());
  }

  private synchronized Optional<Failure> lost() {
    return Optional.ofNullable(lost).map(why -> new Failure(OptionalInt.empty(), why, List.of()));
  }

  private synchronized boolean stopped() {
    return stops > 0;
  }

  /** What other ranks wrote when they were ended stands above; the reason comes last, where it is seen. */
  private static void report(Failure failure, RankOutput output) {
    output.say(failure.summary() + (failure.lines().isEmpty() ? "" : "; its last lines:"));
    int shown = 40;
    List<String> lines = failure.lines();
    lines.subList(Math.max(0, lines.size() - shown), lines.size()).forEach(output::say);
  }
}
