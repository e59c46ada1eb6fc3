// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

import dev.trainer4j.callbacks.Curve;
import dev.trainer4j.callbacks.CurveGroup;
import dev.trainer4j.callbacks.ReportNumbers;
import dev.trainer4j.state.TrainerState;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Tells the facts of a folder to a person. */
final class InspectText {

  private static final int PLOT_ROWS = 9;
  private static final int MOST_PLOTS = 4;

  /** What only ever grows tells nothing as a curve. */
  private static final Set<String> COUNTERS =
      Set.of("num_tokens", "num_input_tokens_seen", "total_flos");

  private final PrintWriter out;
  private final int width;

  InspectText(PrintWriter out, int width) {
    this.out = out;
    this.width = width;
  }

  void print(FolderFacts facts) {
    out.println(facts.folder() + ": " + facts.kind().described());
    line("state", facts.verdict());
    facts.state().ifPresent(this::run);
    if (facts.kind() == FolderKind.CHECKPOINT) {
      line("saved", facts.saved().toString());
    }
    facts.architecture().ifPresent(text -> line("model", text));
    facts.adapterText().ifPresent(text -> line("adapter", text));
    facts.quantizationText().ifPresent(text -> line("quantized", text));
    facts.model().ifPresent(tensors -> line("tensors", describe(tensors)));
    facts.optimizer().ifPresent(tensors -> line("optimizer", describe(tensors)));
    line("size", count(facts.files().size(), "file") + ", " + ReportNumbers.bytes(facts.size()));
    arguments(facts);
    facts.state().ifPresent(state -> curves(state));
    files(facts);
  }

  private void line(String name, String text) {
    out.println(ReportNumbers.format("  %-10s %s", name, text));
  }

  private void run(TrainerState state) {
    String of = state.maxSteps() > 0 ? " of " + state.maxSteps() : "";
    String epochs = state.numTrainEpochs() > 0 ? " of " + state.numTrainEpochs() : "";
    line(
        "step",
        state.globalStep() + of + ", epoch " + ReportNumbers.shortest(state.epoch()) + epochs);
    Double best = state.bestMetric();
    if (best != null) {
      String where =
          state.bestModelCheckpoint() != null
              ? " in " + state.bestModelCheckpoint()
              : state.bestGlobalStep() != null ? " at step " + state.bestGlobalStep() : "";
      line("best", ReportNumbers.shortest(best) + where);
    }
  }

  private static String describe(TensorFacts tensors) {
    String types =
        tensors.byType().entrySet().stream()
            .map(
                type ->
                    ReportNumbers.format(
                        "%d %s with %,d numbers",
                        type.getValue().tensors(), type.getKey(), type.getValue().elements()))
            .collect(Collectors.joining(", "));
    return ReportNumbers.format(
        "%d (%s), %s in %s",
        tensors.tensors(),
        types,
        ReportNumbers.bytes(tensors.bytes()),
        tensors.files() == 1
            ? String.valueOf(tensors.source().getFileName())
            : tensors.files() + " files");
  }

  private static String count(int number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }

  private void arguments(FolderFacts facts) {
    facts
        .arguments()
        .ifPresent(
            arguments -> {
              Map<String, String[]> changed = arguments.changed();
              out.println();
              out.println(
                  changed.isEmpty()
                      ? "All arguments have their defaults."
                      : "Arguments that differ from their defaults:");
              int longest = changed.keySet().stream().mapToInt(String::length).max().orElse(0);
              changed.forEach(
                  (name, values) ->
                      out.println(
                          ReportNumbers.format(
                              "  %-" + longest + "s  %s%s",
                              name,
                              values[0],
                              values[1].isEmpty() ? "" : "  (default " + values[1] + ")")));
            });
    if (facts.files().containsKey("training_args.bin")) {
      out.println();
      out.println(
          "Its arguments are in training_args.bin, a Python object that nothing but Python reads.");
    }
  }

  private void curves(TrainerState state) {
    List<CurveGroup> groups = new ArrayList<>(CurveGroup.of(state.logHistory()));
    groups.removeIf(
        group ->
            group.isSpeed()
                || COUNTERS.contains(group.title())
                || group.curves().stream().allMatch(curve -> curve.size() < 2));
    for (CurveGroup group : groups.subList(0, Math.min(MOST_PLOTS, groups.size()))) {
      out.println();
      List<Curve> curves = group.curves();
      String title = curves.size() == 1 ? curves.get(0).name() : group.title();
      TerminalPlot.of(title, curves, width, PLOT_ROWS).forEach(out::println);
    }
    if (groups.size() > MOST_PLOTS) {
      out.println();
      out.println(
          "Also logged: "
              + groups.subList(MOST_PLOTS, groups.size()).stream()
                  .map(CurveGroup::title)
                  .collect(Collectors.joining(", "))
              + ".");
    }
  }

  private void files(FolderFacts facts) {
    out.println();
    out.println("Files:");
    int longest = facts.files().keySet().stream().mapToInt(String::length).max().orElse(0);
    facts
        .files()
        .forEach(
            (name, size) ->
                out.println(
                    ReportNumbers.format(
                        "  %-" + longest + "s %10s", name, ReportNumbers.bytes(size))));
  }
}
