// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

import dev.trainer4j.callbacks.CurveGroup;
import dev.trainer4j.callbacks.ReportNumbers;
import dev.trainer4j.callbacks.RunComparison;
import dev.trainer4j.callbacks.RunComparison.Result;
import dev.trainer4j.callbacks.RunComparison.Run;
import dev.trainer4j.checkpoint.ReplacedFile;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code trainer compare}. */
@Command(
    name = "compare",
    header = "Put runs side by side: arguments that differ, results, curves over each other.",
    description = {
      "",
      "A run is an output folder or one of its checkpoints, also of Hugging Face's Trainer. Its"
          + " curves are those of trainer_state.json."
    },
    footer = {"", "  trainer compare out/small out/large --html comparison.html"})
public final class CompareCommand implements Callable<Integer> {

  private static final int PLOT_ROWS = 11;
  private static final int MOST_PLOTS = 4;

  @Spec private CommandSpec spec;

  @Parameters(arity = "2..*", paramLabel = "RUN", description = "Output folders or checkpoints.")
  private List<Path> folders = new ArrayList<>();

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page with the curves, to zoom and to hover over.")
  private @Nullable Path html;

  @Option(
      names = "--curve",
      split = ",",
      paramLabel = "NAME",
      description =
          "Curves to draw in the terminal, as the log calls them; unset means the losses and the"
              + " first others.")
  private List<String> curves = new ArrayList<>();

  /** Makes the command. */
  public CompareCommand() {}

  @Override
  public Integer call() throws IOException {
    List<Run> runs = new ArrayList<>();
    List<String> names = names();
    for (int i = 0; i < folders.size(); i++) {
      runs.add(read(folders.get(i), names.get(i)));
    }
    RunComparison comparison = RunComparison.of(runs);
    Console console = Console.of(spec.commandLine());
    arguments(comparison, console.out());
    results(comparison, console.out());
    plots(comparison, console.out());
    if (html != null) {
      String title = String.join(", ", names);
      ReplacedFile.write(html, comparison.html(title).getBytes(StandardCharsets.UTF_8));
      console.tell("The page: " + html.toAbsolutePath());
    }
    return ExitCodes.OK;
  }

  /** The names of the folders, as much of their paths as tells them apart. */
  private List<String> names() {
    Set<Path> distinct = new LinkedHashSet<>();
    for (Path folder : folders) {
      if (!distinct.add(folder.toAbsolutePath().normalize())) {
        throw new ParameterException(
            spec.commandLine(), folder + " is there twice: a run cannot be compared with itself.");
      }
    }
    for (int parts = 1; ; parts++) {
      int count = parts;
      List<String> names = distinct.stream().map(path -> end(path, count)).toList();
      if (new LinkedHashSet<>(names).size() == names.size()) {
        return names;
      }
    }
  }

  private static String end(Path path, int parts) {
    int all = path.getNameCount();
    return all == 0 ? path.toString() : path.subpath(Math.max(0, all - parts), all).toString();
  }

  private static Run read(Path folder, String name) throws IOException {
    FolderKind kind = FolderKind.of(folder);
    Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
    if (kind == FolderKind.RUN) {
      RunFacts run = RunFacts.read(folder, false);
      run.latest().flatMap(FolderFacts::arguments).ifPresent(all -> arguments.putAll(all.values()));
      return new Run(name, arguments, run.state().orElseThrow(() -> noState(folder)).logHistory());
    }
    FolderFacts facts = FolderFacts.read(folder, kind, false);
    facts.arguments().ifPresent(all -> arguments.putAll(all.values()));
    return new Run(name, arguments, facts.state().orElseThrow(() -> noState(folder)).logHistory());
  }

  private static UncheckedIOException noState(Path folder) {
    return new UncheckedIOException(
        new NoSuchFileException(
            folder.resolve(FolderKind.TRAINER_STATE)
                + ", nor a whole checkpoint that has one: there is no history to compare"));
  }

  private static void arguments(RunComparison comparison, PrintWriter out) {
    Map<String, List<String>> differing = comparison.differingArguments();
    out.println(differing.isEmpty() ? "No known argument differs." : "Arguments that differ:");
    if (!differing.isEmpty()) {
      List<List<String>> rows = new ArrayList<>();
      differing.forEach((name, values) -> rows.add(row(name, values)));
      table(comparison, rows, out);
    }
  }

  private static void results(RunComparison comparison, PrintWriter out) {
    List<List<String>> rows = new ArrayList<>();
    comparison
        .results()
        .forEach(
            (name, results) ->
                rows.add(row(name, results.stream().map(CompareCommand::cell).toList())));
    out.println();
    if (rows.isEmpty()) {
      out.println(
          "None of the runs has logged anything: there are no results and no curves. --logging_steps and --eval_strategy"
              + " of a training say what is logged.");
      return;
    }
    out.println("Results, last value and best one (* is the best of all):");
    table(comparison, rows, out);
  }

  private static String cell(@Nullable Result result) {
    if (result == null) {
      return "";
    }
    String best =
        result.best() == result.last() || Double.isNaN(result.best())
            ? ""
            : " (" + ReportNumbers.shortest(result.best()) + " @" + result.bestStep() + ")";
    return ReportNumbers.shortest(result.last()) + best + (result.winner() ? " *" : "");
  }

  private static List<String> row(String name, List<String> values) {
    List<String> row = new ArrayList<>();
    row.add(name);
    row.addAll(values);
    return row;
  }

  private static void table(RunComparison comparison, List<List<String>> rows, PrintWriter out) {
    List<List<String>> all = new ArrayList<>();
    all.add(row("", comparison.runs().stream().map(Run::name).toList()));
    all.addAll(rows);
    int columns = all.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : all) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], row.get(c).length());
      }
    }
    for (List<String> row : all) {
      StringBuilder line = new StringBuilder("  ");
      for (int c = 0; c < columns; c++) {
        line.append(row.get(c)).append(" ".repeat(widths[c] - row.get(c).length() + 2));
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private void plots(RunComparison comparison, PrintWriter out) {
    List<CurveGroup> groups = comparison.curves();
    for (String name : curves) {
      if (groups.stream().noneMatch(group -> group.title().equals(name))) {
        throw new ParameterException(
            spec.commandLine(),
            "--curve is '"
                + name
                + "', but logged "
                + (groups.isEmpty()
                    ? "was nothing."
                    : "were "
                        + groups.stream().map(CurveGroup::title).collect(Collectors.joining(", "))
                        + "."));
      }
    }
    groups.stream()
        .filter(group -> curves.isEmpty() ? isUsual(group) : curves.contains(group.title()))
        .limit(curves.isEmpty() ? MOST_PLOTS : Long.MAX_VALUE)
        .forEach(
            group -> {
              out.println();
              TerminalPlot.of(group.title(), group.curves(), TerminalPlot.width(), PLOT_ROWS)
                  .forEach(out::println);
            });
  }

  private static boolean isUsual(CurveGroup group) {
    return group.title().equals("loss") || group.title().startsWith("eval_");
  }
}
