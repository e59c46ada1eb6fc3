// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.folder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What lies beside the weights of a model and goes with them: tokenizer, configurations, model card, license. */
final class CompanionFiles {

  /** Weights of any format, which are written anew or are copies of what is. */
  private static final List<String> WEIGHTS =
      List.of(
          ".safetensors",
          ".bin",
          ".index.json",
          ".h5",
          ".msgpack",
          ".onnx",
          ".ot",
          ".gguf",
          ".pt",
          ".pth",
          ".ckpt",
          ".tflite");

  /** The state of a run, which does not belong to a model. */
  private static final Set<String> RUN =
      Set.of(
          "manifest.json",
          "trainer_state.json",
          "training_args.json",
          "training_args.bin",
          "scheduler.json",
          "rng_state.json",
          ".gitattributes");

  /** What is read and written anew, so that nobody misses it. */
  private static final Pattern READ =
      Pattern.compile("((pytorch_|adapter_)?model)[^/]*\\.(safetensors|bin|index\\.json)");

  private CompanionFiles() {}

  /**
   * Copies them, in folders of their own too; what is there already stays.
   *
   * @param others names that are not copied
   * @return what else was left behind
   */
  static Set<String> copy(Path from, Path to, String... others) throws IOException {
    Set<String> unwanted = Set.of(others);
    Set<String> left = new TreeSet<>();
    try (Stream<Path> files = Files.walk(from, 2)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        Path name = from.relativize(file);
        if (isLeft(name) || unwanted.contains(name.toString())) {
          if (!READ.matcher(name.toString()).matches() && !unwanted.contains(name.toString())) {
            left.add(isInCheckpoint(name) ? name.getName(0) + "/" : name.toString());
          }
        } else if (!Files.exists(to.resolve(name))) {
          Files.createDirectories(to.resolve(name).getParent());
          Files.copy(file, to.resolve(name));
        }
      }
    }
    return left;
  }

  private static boolean isInCheckpoint(Path name) {
    return name.getNameCount() > 1 && name.getName(0).toString().startsWith("checkpoint-");
  }

  private static boolean isLeft(Path name) {
    String last = name.getFileName().toString().toLowerCase(Locale.ROOT);
    boolean hidden = name.getName(0).toString().startsWith(".") || last.startsWith(".");
    return hidden
        || isInCheckpoint(name)
        || RUN.contains(last)
        || WEIGHTS.stream().anyMatch(last::endsWith);
  }
}
