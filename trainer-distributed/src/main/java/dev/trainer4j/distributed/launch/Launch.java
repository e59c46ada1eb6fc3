// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Starts a class in several processes, for tests, notebooks and programs.
 *
 * <pre>{@code
 * LaunchResult result = Launch.processes(2).run(MyTraining.class, "--learning_rate", "3e-4");
 * }</pre>
 *
 * <p>The processes get the class path and the JVM's options of this one. It is immutable: each method gives another one.
 */
public final class Launch {

  private static final int KEPT_LINES = 100_000;

  private final Map<String, String> flags;
  private final Map<String, String> variables;
  private final List<String> jvmOptions;
  private final Optional<Path> configFile;
  private final boolean shown;

  private Launch(
      Map<String, String> flags,
      Map<String, String> variables,
      List<String> jvmOptions,
      Optional<Path> configFile,
      boolean shown) {
    this.flags = Map.copyOf(flags);
    this.variables = Map.copyOf(variables);
    this.jvmOptions = List.copyOf(jvmOptions);
    this.configFile = configFile;
    this.shown = shown;
  }

  /**
   * Begins a job on this machine. Accelerate's own configuration file is not read.
   *
   * @param count how many processes, from 1
   */
  public static Launch processes(int count) {
    return new Launch(Map.of(), Map.of(), List.of(), Optional.empty(), true)
        .flag("num_processes", String.valueOf(count));
  }

  /** Begins a job as a configuration of Accelerate says. */
  public static Launch config(Path file) {
    return new Launch(Map.of(), Map.of(), List.of(), Optional.of(file), true);
  }

  /**
   * Sets a flag of {@code launch}.
   *
   * @param name without dashes at its start, such as {@code mixed_precision}
   * @param value as on the command line; {@code true} for a flag without a value
   */
  public Launch flag(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(flags);
    more.put(name.replace('-', '_'), value);
    return new Launch(more, variables, jvmOptions, configFile, shown);
  }

  /** Sets a variable of the processes' environment. */
  public Launch environment(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(variables);
    more.put(name, value);
    return new Launch(flags, more, jvmOptions, configFile, shown);
  }

  /** Adds options of the processes' JVMs, such as {@code -Xmx4g}. */
  public Launch jvmOptions(String... options) {
    List<String> more = new ArrayList<>(jvmOptions);
    more.addAll(List.of(options));
    return new Launch(flags, variables, more, configFile, shown);
  }

  /** Shows nothing while the job runs; the result has it all the same. */
  public Launch silently() {
    return new Launch(flags, variables, jvmOptions, configFile, false);
  }

  /**
   * Calls the main method of a class in every process, and waits for the end of all.
   *
   * @param mainClass with {@code public static void main(String[])}
   * @param args what each process is called with
   * @throws LaunchException if the job cannot be started; the message says what to change
   * @throws InterruptedException if this thread is interrupted meanwhile; then all processes are ended first
   */
  public LaunchResult run(Class<?> mainClass, String... args) throws InterruptedException {
    LaunchSettings settings = LaunchSettings.of(flags, configFile.map(AccelerateConfig::read));
    WorkerCommand worker = WorkerCommand.of(mainClass.getName(), List.of(args), jvmOptions);
    return run(settings, worker, variables, shown);
  }

  /** Runs a job on this machine. */
  static LaunchResult run(
      LaunchSettings settings, WorkerCommand worker, Map<String, String> variables, boolean shown)
      throws InterruptedException {
    JobPlan plan = JobPlan.of(settings, System.getenv());
    if (plan.machines() > 1 && settings.text("mpirun_hostfile").isEmpty()) {
      throw new LaunchException(
          "num_machines is "
              + plan.machines()
              + ", but from code a job is started on this machine alone, or on those of an"
              + " mpirun_hostfile; start it with the command launch on each machine");
    }
    try (PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream())) {
      PrintStream out = shown ? System.out : nowhere;
      PrintStream err = shown ? System.err : nowhere;
      return new Attempts(settings, plan, worker, variables, out, err, KEPT_LINES).run(List.of());
    }
  }
}
