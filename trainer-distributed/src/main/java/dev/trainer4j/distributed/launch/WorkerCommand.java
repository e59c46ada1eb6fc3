// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a worker is started with: this JVM's binary, class path and options.
 *
 * @param mainClass the user's class
 * @param arguments what it is called with
 * @param options of the JVM
 */
record WorkerCommand(String mainClass, List<String> arguments, List<String> options) {

  /**
   * Gives each rank its variables before Java begins, since a JVM cannot change its own: a launcher counts under names of its own,
   * and the GPU of a rank is the one at its place in the list.
   */
  private static final String SHELL =
      """
      RANK="${OMPI_COMM_WORLD_RANK:-${SLURM_PROCID:-0}}"
      LOCAL_RANK="${OMPI_COMM_WORLD_LOCAL_RANK:-${SLURM_LOCALID:-0}}"
      WORLD_SIZE="${OMPI_COMM_WORLD_SIZE:-${SLURM_NTASKS:-1}}"
      export RANK LOCAL_RANK WORLD_SIZE
      if [ -n "$TRAINER4J_GPUS" ]; then
        CUDA_VISIBLE_DEVICES="$(echo "$TRAINER4J_GPUS" | cut -d, -f$((LOCAL_RANK + 1)))"
        export CUDA_VISIBLE_DEVICES
      fi
      exec "$@"
      """;

  WorkerCommand {
    arguments = List.copyOf(arguments);
    options = List.copyOf(options);
  }

  /**
   * Takes a class of this process's class path.
   *
   * @throws LaunchException if there is no such class, or it has no main method
   */
  static WorkerCommand of(String mainClass, List<String> arguments, List<String> moreOptions) {
    requireMain(mainClass);
    List<String> options = new ArrayList<>(ownOptions());
    options.addAll(moreOptions);
    return new WorkerCommand(mainClass, arguments, options);
  }

  private static void requireMain(String name) {
    if (name.isEmpty()) {
      throw new LaunchException(
          "name the class that is started, behind the flags, such as com.example.Main");
    }
    try {
      Class<?> type = Class.forName(name, false, loader());
      if (!Modifier.isStatic(type.getMethod("main", String[].class).getModifiers())) {
        throw new NoSuchMethodException("main is not static");
      }
    } catch (ClassNotFoundException | LinkageError e) {
      String hint =
          name.endsWith(".py") || name.endsWith(".java") || name.endsWith(".jar")
              ? "give the full name of a compiled class, such as com.example.Main, not a file"
              : "give its full name with the package, and put its jar on the class path of this"
                  + " command, for which 'java -jar' has no room: java -cp trainer.jar:yours.jar"
                  + " dev.trainer4j.cli.Main launch ...";
      throw new LaunchException("the class " + name + " is not found; " + hint, e);
    } catch (NoSuchMethodException e) {
      throw new LaunchException(
          "the class "
              + name
              + " has no public static void main(String[]), which launch calls in each process",
          e);
    }
  }

  private static ClassLoader loader() {
    ClassLoader ofThread = Thread.currentThread().getContextClassLoader();
    return ofThread == null ? WorkerCommand.class.getClassLoader() : ofThread;
  }

  /** Agents and debuggers of this JVM stay out: they hold ports and files that are one's alone. */
  private static List<String> ownOptions() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(
            option -> option.startsWith("-D") || option.startsWith("-X") || option.startsWith("--"))
        .filter(option -> !option.startsWith("-Xrun") && !option.startsWith("-Xdebug"))
        .filter(option -> !option.startsWith("-XX:+HeapDump"))
        .toList();
  }

  /** The words of the command, variables of its rank and all. */
  List<String> words(JobPlan plan) {
    List<String> words = new ArrayList<>(List.of("/bin/sh", "-c", SHELL, "worker", java()));
    words.addAll(options);
    words.add("-Dai.djl.pytorch.num_threads=" + plan.threads());
    words.addAll(List.of("-cp", classPath(), Worker.class.getName(), mainClass));
    words.addAll(arguments);
    return words;
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Maven's exec plugin and Surefire keep the class path elsewhere than in java.class.path. */
  static String classPath() {
    List<String> places = new ArrayList<>();
    if (loader() instanceof URLClassLoader urls) {
      for (URL url : urls.getURLs()) {
        try {
          places.add(Path.of(url.toURI()).toString());
        } catch (URISyntaxException | IllegalArgumentException e) {
          throw new LaunchException(
              url + " of the class path is no file, so other processes cannot read it", e);
        }
      }
    }
    String ofTests = System.getProperty("surefire.test.class.path");
    places.add(ofTests == null ? System.getProperty("java.class.path") : ofTests);
    return String.join(File.pathSeparator, places);
  }
}
