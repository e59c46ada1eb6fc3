// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Fills the template of the report. */
final class ReportPage {

  private final String title;
  private final Duration interval;

  ReportPage(String title, Duration interval) {
    this.title = title;
    this.interval = interval;
  }

  String render(CallbackContext ctx, TrainerState state, ReportClock clock) throws IOException {
    List<CurveGroup> groups = CurveGroup.of(state.logHistory());
    ReportData data = new ReportData(groups);
    Instant now = Instant.now();
    ReportAssets assets = ReportAssets.get();
    Map<String, Object> values =
        assets.valuesOfPage(title, now, data.toJson(now, !clock.isStopped(), interval));
    values.put("notes", notes(groups, data.drawn()));
    values.putAll(progress(state, clock));
    values.put("tiles", ReportTiles.of(state, clock));
    values.putAll(ReportTables.evaluations(state));
    values.putAll(ReportTables.checkpoints(ctx.args(), state));
    values.put("arguments", ReportTables.arguments(ctx.args()));
    values.put("environment", ReportEnvironment.of(ctx));
    return assets.template().fill(values);
  }

  private static Map<String, Object> progress(TrainerState state, ReportClock clock) {
    boolean complete = state.globalStep() >= state.maxSteps();
    String status =
        !clock.isStopped()
            ? "running"
            : clock.failed() ? "failed" : complete ? "finished" : "stopped early";
    double share = 100.0 * state.globalStep() / Math.max(1, state.maxSteps());
    return Map.of(
        "status", status,
        "statusClass", !clock.isStopped() ? "" : complete && !clock.failed() ? "good" : "warn",
        "step", state.globalStep(),
        "maxSteps", state.maxSteps(),
        "share", Math.min(100, share));
  }

  /** What a reader must know to trust the curves. */
  private static List<String> notes(List<CurveGroup> groups, List<CurveGroup> drawn) {
    List<String> notes = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      List<Curve> curves = groups.get(i).curves();
      for (int j = 0; j < curves.size(); j++) {
        note(curves.get(j), drawn.get(i).curves().get(j).size(), notes);
      }
    }
    return notes;
  }

  private static void note(Curve curve, int drawn, List<String> notes) {
    if (drawn < curve.size()) {
      notes.add(
          ReportNumbers.format(
              "%s: %,d of %,d points are drawn, the smallest and the largest of each of %,d spans.",
              curve.name(), drawn, curve.size(), ReportData.BUCKETS));
    }
    if (curve.nonFinite() > 0) {
      notes.add(
          ReportNumbers.format(
              "%s: %,d of %,d values are not finite and leave gaps.",
              curve.name(), curve.nonFinite(), curve.size()));
    }
  }
}
