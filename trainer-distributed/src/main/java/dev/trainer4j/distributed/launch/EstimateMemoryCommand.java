// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.args.ShardingPlan.Stage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code estimate-memory}: says what a model needs, before it is loaded. */
@Command(
    name = "estimate-memory",
    description =
        "Says how much memory a model needs, by the headers of its files: for predictions by type,"
            + " for training by stage and ranks. Activations are not in it.",
    mixinStandardHelpOptions = true)
public final class EstimateMemoryCommand extends ShellCommand {

  private static final Map<String, Double> BYTES =
      new TreeMap<>(
          Map.of("float32", 4.0, "float16", 2.0, "bfloat16", 2.0, "int8", 1.0, "int4", 0.5));

  @Parameters(
      paramLabel = "FOLDER",
      description = "a model: safetensors, and config.json beside it")
  private Path folder = Path.of("");

  @Option(
      names = "--dtypes",
      split = ",",
      description = "types to tell of, of float32, float16, bfloat16, int8, int4; all by default")
  private List<String> dtypes = List.of("float32", "float16", "int8", "int4");

  @Option(
      names = {"--num_processes", "--num-processes"},
      split = ",",
      description = "numbers of ranks to tell of; 1,2,4,8 by default")
  private List<Integer> ranks = List.of(1, 2, 4, 8);

  @Override
  int run(PrintWriter out) throws IOException {
    for (String type : dtypes) {
      if (!BYTES.containsKey(type.toLowerCase(Locale.ROOT))) {
        throw new LaunchException("--dtypes has " + type + "; expected of " + BYTES.keySet());
      }
    }
    for (int count : ranks) {
      if (count < 1) {
        throw new LaunchException("--num_processes has " + count + "; expected numbers from 1");
      }
    }
    ModelSizes sizes = ModelSizes.of(folder);
    out.printf(
        Locale.ROOT,
        "%s: %,d parameters, %s in its files; the largest layer is %s with %,d%n%n",
        folder,
        sizes.parameters(),
        Sizes.text((double) sizes.bytes()),
        sizes.largestLayer(),
        sizes.largestLayerParameters());
    predictions(sizes, out);
    training(new MemoryFormula(sizes.parameters(), sizes.largestLayerParameters()), out);
    return 0;
  }

  private void predictions(ModelSizes sizes, PrintWriter out) {
    out.println("Predictions:");
    out.printf("  %-10s %14s %14s%n", "type", "largest layer", "all");
    for (String type : dtypes) {
      double width = BYTES.getOrDefault(type.toLowerCase(Locale.ROOT), 0.0);
      out.printf(
          "  %-10s %14s %14s%n",
          type,
          Sizes.text(width * sizes.largestLayerParameters()),
          Sizes.text(width * sizes.parameters()));
    }
  }

  private void training(MemoryFormula formula, PrintWriter out) {
    out.printf(
        "%nTraining all of it with Adam, each rank, between updates (and at the fullest moment of"
            + " backward):%n");
    out.printf("  %-28s", "ranks");
    ranks.forEach(count -> out.printf(" %26d", count));
    out.println();
    for (Stage stage : Stage.values()) {
      out.printf("  %-28s", name(stage));
      for (int count : ranks) {
        Stage shared = count == 1 ? Stage.NONE : stage;
        out.printf(
            " %26s",
            Sizes.text(formula.held(shared, count))
                + " ("
                + Sizes.text(formula.peak(shared, count))
                + ")");
      }
      out.println();
    }
  }

  private static String name(Stage stage) {
    return switch (stage) {
      case NONE -> "DDP, NO_SHARD";
      case OPTIMIZER -> "ZeRO-1";
      case GRADIENTS -> "ZeRO-2, SHARD_GRAD_OP";
      case PARAMETERS -> "ZeRO-3, FULL_SHARD";
    };
  }
}
