// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The few figures that somebody who only glances at a report wants to see. */
final class ReportTiles {

  private ReportTiles() {}

  static List<Map<String, String>> of(TrainerState state, ReportClock clock) {
    List<Map<String, String>> tiles = new ArrayList<>();
    add(tiles, "update", ReportNumbers.format("%,d of %,d", state.globalStep(), state.maxSteps()));
    add(tiles, "epoch", ReportNumbers.format("%.2f of %d", state.epoch(), state.numTrainEpochs()));
    newest(state.logHistory(), "loss", tiles);
    newest(state.logHistory(), "eval_loss", tiles);
    if (state.bestMetric() != null && Double.isFinite(state.bestMetric())) {
      add(tiles, "best metric", ReportNumbers.shortest(state.bestMetric()));
    }
    add(tiles, "time" + (clock.firstStep() > 0 ? " since resume" : ""), time(clock.elapsed()));
    double speed = clock.updatesPerSecond(state.globalStep());
    if (speed > 0) {
      add(tiles, "updates per second", ReportNumbers.shortest(speed));
      if (!clock.isStopped()) {
        double seconds = (state.maxSteps() - state.globalStep()) / speed;
        add(tiles, "time left, about", time(Duration.ofSeconds(Math.round(seconds))));
      }
    }
    return tiles;
  }

  private static void newest(List<LogEntry> history, String key, List<Map<String, String>> tiles) {
    for (int i = history.size() - 1; i >= 0; i--) {
      if (history.get(i).value(key).isPresent()) {
        add(tiles, key, ReportNumbers.shortest(history.get(i).value(key).getAsDouble()));
        return;
      }
    }
  }

  private static String time(Duration time) {
    return ReportNumbers.format(
        "%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart());
  }

  private static void add(List<Map<String, String>> tiles, String name, String value) {
    tiles.add(Map.of("name", name, "value", value));
  }
}
