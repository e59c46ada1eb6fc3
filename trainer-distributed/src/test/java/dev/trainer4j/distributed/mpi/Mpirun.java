// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Starts ranks that are processes of their own, as a user does. */
public final class Mpirun {

  private static final long MOST_SECONDS = 240;

  private final int ranks;
  private final Path folder;
  private final List<String> jvm = new ArrayList<>();
  private final List<String> shell = new ArrayList<>();
  private final Map<String, String> environment = new LinkedHashMap<>();

  /**
   * What came of a job.
   *
   * @param output of all ranks, both streams
   */
  public record Ended(int exitCode, String output, long seconds) {}

  /** A job that goes on. */
  public record Job(Process process, Path log, long start) implements AutoCloseable {

    /** Waits for its end. */
    public Ended await() throws IOException, InterruptedException {
      boolean ended = process.waitFor(MOST_SECONDS, TimeUnit.SECONDS);
      String output = Files.readString(log);
      assertThat(ended).as("the job ends; so far it said: %s", output).isTrue();
      return new Ended(process.exitValue(), output, (System.nanoTime() - start) / 1_000_000_000);
    }

    /** Waits until the output has a text. */
    public void awaitOutput(String text) throws IOException, InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
      while (!Files.readString(log).contains(text)) {
        assertThat(process.isAlive())
            .as("%s comes before the end: %s", text, Files.readString(log))
            .isTrue();
        assertThat(System.nanoTime()).as("%s comes", text).isLessThan(deadline);
        Thread.sleep(20);
      }
    }

    @Override
    public void close() {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private Mpirun(int ranks, Path folder) {
    this.ranks = ranks;
    this.folder = folder;
  }

  /** So many ranks, whose output is kept in a folder. */
  public static Mpirun of(int ranks, Path folder) {
    requireInstalled();
    return new Mpirun(ranks, folder);
  }

  /** Where the tests must run, a missing mpirun fails them; elsewhere it leaves them out. */
  static void requireInstalled() {
    boolean there =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
            .anyMatch(path -> Files.isExecutable(Path.of(path, "mpirun")));
    if (System.getenv("TRAINER4J_REQUIRE_MPI") != null) {
      assertThat(there).as("mpirun is installed (apt-get install openmpi-bin)").isTrue();
    }
    assumeTrue(there, "mpirun is not installed (apt-get install openmpi-bin)");
  }

  /** Options of the ranks' JVMs. */
  public Mpirun jvm(String... options) {
    jvm.addAll(List.of(options));
    return this;
  }

  /** Lets each rank work in a folder of its own, whose name ends in its number. */
  public Mpirun inFoldersOfRanks(Path prefix) {
    shell.addAll(
        List.of("sh", "-c", "cd \"$0$OMPI_COMM_WORLD_RANK\" && exec \"$@\"", prefix.toString()));
    return this;
  }

  /** Starts each rank by another program, with its options. */
  public Mpirun through(String... program) {
    shell.addAll(List.of(program));
    return this;
  }

  /** A variable of the ranks' environment. */
  public Mpirun environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Starts a program and waits for its end. */
  public Ended run(Class<?> main, Object... arguments) throws IOException, InterruptedException {
    try (Job job = start(main, arguments)) {
      return job.await();
    }
  }

  /** Absolute, for ranks that work elsewhere. */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Starts a program. */
  public Job start(Class<?> main, Object... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of("mpirun", "--oversubscribe", "--bind-to", "none", "-n", "" + ranks));
    environment.keySet().forEach(name -> command.addAll(List.of("-x", name)));
    command.addAll(shell);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx512m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Dai.djl.pytorch.num_threads=1",
            "-DOPT_OUT_TRACKING=true",
            "-Dai.djl.offline=true"));
    command.addAll(jvm);
    command.addAll(List.of("-cp", classPath(), main.getName()));
    Stream.of(arguments).map(String::valueOf).forEach(command::add);
    Path log = Files.createTempFile(folder, "job", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    Map<String, String> variables = builder.environment();
    variables.put("OMPI_ALLOW_RUN_AS_ROOT", "1");
    variables.put("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    variables.put("OMP_NUM_THREADS", "1");
    variables.putAll(environment);
    return new Job(builder.start(), log, System.nanoTime());
  }
}
