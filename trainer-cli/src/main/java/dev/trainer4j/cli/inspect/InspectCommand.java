// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

import dev.trainer4j.callbacks.ReportNumbers;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code trainer inspect}. */
@Command(
    name = "inspect",
    header = "Look into a checkpoint, the output folder of a run, an adapter or a model.",
    description = {
      "",
      "Shows whether it is whole, the arguments that differ from their defaults, step and best"
          + " metric, tensors, and the learning curves. Tensors are not read unless --verify asks"
          + " for it, so that a large checkpoint takes no longer than a small one. The exit code is"
          + " 1 if something is damaged."
    },
    footer = {
      "",
      "  trainer inspect out                          all checkpoints of a run",
      "  trainer inspect out/checkpoint-500 --verify"
    })
public final class InspectCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FOLDER",
      description = "A checkpoint, the output folder of a run, an adapter, or a model.")
  private Path folder = Path.of("");

  @Option(names = "--verify", description = "Read every byte and hold it against the manifest.")
  private boolean verify;

  @Option(names = "--json", description = "Print everything as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    FolderKind kind = FolderKind.of(folder);
    PrintWriter out = Console.of(spec.commandLine()).out();
    if (kind == FolderKind.RUN) {
      RunFacts run = RunFacts.read(folder, verify);
      if (json) {
        out.println(InspectJson.write(InspectJson.of(run)));
      } else {
        print(run, out);
      }
      return run.checkpoints().stream().allMatch(FolderFacts::isWhole)
          ? ExitCodes.OK
          : ExitCodes.FAILED;
    }
    FolderFacts facts = FolderFacts.read(folder, kind, verify);
    if (json) {
      out.println(InspectJson.write(InspectJson.of(facts)));
    } else {
      new InspectText(out, TerminalPlot.width()).print(facts);
    }
    return facts.isWhole() ? ExitCodes.OK : ExitCodes.FAILED;
  }

  private static void print(RunFacts run, PrintWriter out) {
    out.println(run.folder() + ": " + FolderKind.RUN.described());
    int longest =
        run.checkpoints().stream()
            .mapToInt(each -> each.folder().getFileName().toString().length())
            .max()
            .orElse(0);
    for (FolderFacts each : run.checkpoints()) {
      String marks =
          (run.latest().filter(each::equals).isPresent() ? " latest" : "")
              + (run.isBest(each) ? " best" : "");
      out.println(
          ReportNumbers.format(
              "  %-" + longest + "s %9s  %s %s %s",
              each.folder().getFileName(),
              ReportNumbers.bytes(each.size()),
              each.saved(),
              marks.isEmpty() ? "" : "[" + marks.strip().replace(" ", ", ") + "]",
              each.isWhole() ? "" : each.verdict()));
    }
    run.latest()
        .ifPresentOrElse(
            latest -> {
              out.println();
              new InspectText(out, TerminalPlot.width()).print(latest.withState(run.state()));
            },
            () -> out.println("No checkpoint is whole: a run cannot go on from here."));
  }
}
