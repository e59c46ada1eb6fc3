// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.callbacks.HtmlReportCallback.Builder;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The report under a reader's mouse, in a real browser. */
@Timeout(900)
class HtmlReportMouseTest {

  private static final int UPDATES = 36;

  /** Three values of each update, five of each of the evaluations after 9, 18, 27 and 36. */
  private static final int ALL = 3 * UPDATES + 5 * 4;

  /** Those of updates 8 to 22. */
  private static final int ZOOMED = 3 * 15 + 5 * 2;

  /** Where the first chart, that of the loss, has its plot in the window. */
  private static final String PLOT =
      "(() => { const box = document.querySelector('.chart .u-over').getBoundingClientRect();"
          + " return [box.left, box.top, box.width, box.height]; })()";

  private static final String POINTS = "Number(document.documentElement.dataset.points)";
  private static final String LEGEND =
      "[...document.querySelectorAll('.chart:first-child .u-legend .u-value')]"
          + ".map(e => e.textContent)";

  private final Path dir;
  private Chromium chromium;
  private List<Double> losses = List.of();

  HtmlReportMouseTest(@TempDir Path dir) {
    this.dir = dir;
  }

  @BeforeEach
  void findChromium() {
    chromium = Chromium.find(dir);
  }

  /** Trains, and returns the report. */
  private Path train(Builder report, ResumeFrom from, TrainerCallback... more) throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder =
          task.trainer(
                  GoldenTask.args(dir.resolve("run"))
                      .numTrainEpochs(4)
                      .evalStrategy(EPOCH)
                      .saveStrategy(EPOCH)
                      .build())
              .callback(report.build());
      List.of(more).forEach(builder::callback);
      try (Trainer trainer = builder.build()) {
        trainer.train(from);
        losses =
            trainer.state().logHistory().stream()
                .filter(line -> line.value("loss").isPresent())
                .map(line -> line.value("loss").getAsDouble())
                .toList();
      }
    }
    return dir.resolve("run/report.html");
  }

  /** Keeps the report that the run has at its beginning. */
  private final class Copy implements TrainerCallback {
    @Override
    public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      try {
        Files.copy(dir.resolve("run/report.html"), dir.resolve("running.html"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void readsTheValuesUnderThePointer() throws Exception {
    Path report = train(HtmlReportCallback.builder(), ResumeFrom.never());
    try (RequestRecorder proxy = new RequestRecorder();
        DevTools page = chromium.drive(report, proxy.port())) {
      page.await(POINTS, points -> points.asInt() > 0);
      JsonNode plot = page.evaluate(PLOT);
      double middle = plot.get(1).asDouble() + plot.get(3).asDouble() / 2;

      // The charts span updates 1 to 36: a quarter of the way is nearest to the tenth.
      page.moveTo(plot.get(0).asDouble() + plot.get(2).asDouble() * 9 / 35, middle);

      JsonNode legend = page.await(LEGEND, values -> values.path(0).asText().equals("10"));
      assertThat(Double.parseDouble(legend.get(1).asText()))
          .isCloseTo(losses.get(9), withPercentage(0.01));
    }
  }

  @Test
  void aDragZoomsAllChartsAndADoubleClickShowsEverythingAgain() throws Exception {
    Path report = train(HtmlReportCallback.builder(), ResumeFrom.never());
    try (RequestRecorder proxy = new RequestRecorder();
        DevTools page = chromium.drive(report, proxy.port())) {
      page.await(POINTS, points -> points.asInt() == ALL);

      zoom(page);

      JsonNode plot = page.evaluate(PLOT);
      page.doubleClick(
          plot.get(0).asDouble() + plot.get(2).asDouble() / 2,
          plot.get(1).asDouble() + plot.get(3).asDouble() / 2);
      page.await(POINTS, points -> points.asInt() == ALL);
    }
  }

  @Test
  void aPageThatReloadsItselfWhileTheRunGoesOnKeepsItsZoom() throws Exception {
    Builder often = HtmlReportCallback.builder().interval(Duration.ofSeconds(3));
    train(often, ResumeFrom.never());
    train(often, ResumeFrom.latest(), new Copy());
    try (RequestRecorder proxy = new RequestRecorder();
        DevTools page = chromium.drive(dir.resolve("running.html"), proxy.port())) {
      // Before and behind the drag, which must not be cut in two.
      reloaded(page);
      page.await(POINTS, points -> points.asInt() == ALL);
      zoom(page);
      reloaded(page);

      page.await(POINTS, points -> points.asInt() == ZOOMED);
    }
  }

  private static void reloaded(DevTools page) throws Exception {
    page.evaluate("window.before = true");
    page.await("document.readyState == 'complete' && !window.before", JsonNode::asBoolean);
  }

  /** Drags from update 8 to update 22, a little beside them. */
  private static void zoom(DevTools page) throws Exception {
    JsonNode plot = page.evaluate(PLOT);
    double left = plot.get(0).asDouble();
    double step = plot.get(2).asDouble() / (UPDATES - 1);
    page.drag(
        left + 6.7 * step, left + 21.3 * step, plot.get(1).asDouble() + plot.get(3).asDouble() / 2);
    page.await(POINTS, points -> points.asInt() == ZOOMED);
  }
}
