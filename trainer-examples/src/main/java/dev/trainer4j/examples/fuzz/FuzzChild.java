// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import dev.trainer4j.args.InvalidArgumentsException;
import dev.trainer4j.data.DataException;
import dev.trainer4j.json.JsonException;
import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.tokenization.TokenizerException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The process that a hostile file may end: tells the number of each input before it tries it, and what
 * is wrong with the answer.
 */
public final class FuzzChild {

  private static final Map<String, FuzzTarget> TARGETS =
      new TreeMap<>(
          Map.of(
              "adapters", new AdapterFuzz(),
              "tokenizers", new TokenizerFuzz(),
              "configurations", new ConfigurationFuzz(),
              "checkpoints", new CheckpointFuzz(),
              "data", new DataFuzz(),
              "torchscript", new TorchScriptFuzz(),
              "pytorch", new PytorchFuzz()));

  /** What is documented for files that do not hold what they should. */
  private static final List<Class<? extends Exception>> DOCUMENTED =
      List.of(
          IOException.class,
          JsonException.class,
          TokenizerException.class,
          PretrainedException.class,
          DataException.class,
          InvalidArgumentsException.class,
          IllegalArgumentException.class);

  private FuzzChild() {}

  /** Returns the kinds of files. */
  static List<String> targets() {
    return List.copyOf(TARGETS.keySet());
  }

  /** Runs the inputs of a target, from the second argument to the third, below the seed. */
  public static void main(String[] args) throws Exception {
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    FuzzTarget target = Objects.requireNonNull(TARGETS.get(args[0]), "a target among " + targets());
    long first = Long.parseLong(args[1]);
    long end = Long.parseLong(args[2]);
    long seed = Long.parseLong(args[3]);
    Path folder = Files.createDirectories(Path.of(args[4]));
    target.prepare(folder);
    for (long input = first; input < end; input++) {
      out.println("start " + input);
      try {
        target.run(new Random(seed * 1_000_003 + input), folder);
      } catch (Throwable e) {
        out.println(isDocumented(e, folder) ? "refused" : "bare " + input + " " + oneLine(e));
      }
    }
    out.println("done");
  }

  /** Whether it is of a type that is documented and names a file. */
  private static boolean isDocumented(Throwable e, Path folder) throws IOException {
    String message = String.valueOf(e.getMessage());
    if (DOCUMENTED.stream().noneMatch(type -> type.isInstance(e))) {
      return false;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> !file.equals(folder))
          .anyMatch(file -> message.contains(String.valueOf(file.getFileName())));
    }
  }

  private static String oneLine(Throwable e) {
    StringBuilder line = new StringBuilder(e.toString());
    StackTraceElement[] trace = e.getStackTrace();
    for (int i = 0; i < Math.min(6, trace.length); i++) {
      line.append(" at ").append(trace[i]);
    }
    return line.toString().replaceAll("\\s+", " ");
  }
}
