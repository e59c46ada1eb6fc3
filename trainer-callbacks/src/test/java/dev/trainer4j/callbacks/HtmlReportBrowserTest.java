// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.Trainer;
import dev.trainer4j.state.LogEntry;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The report of a real run, as a real browser shows it. */
@Timeout(900)
class HtmlReportBrowserTest {

  private static final int LIGHT_PAGE = 0xf6f7f9;
  private static final int DARK_PAGE = 0x11151b;

  /** The first two colors of curves: of training and of evaluation in the chart of the loss. */
  private static final int[] LIGHT_CURVES = {0x2563eb, 0xd9480f};

  private static final int[] DARK_CURVES = {0x7aa7ff, 0xff9d5c};

  private final Path dir;
  private Chromium chromium;

  HtmlReportBrowserTest(@TempDir Path dir) {
    this.dir = dir;
  }

  @BeforeEach
  void findChromium() {
    chromium = Chromium.find(dir);
  }

  private List<LogEntry> train() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(
                    GoldenTask.args(dir.resolve("run"))
                        .numTrainEpochs(4)
                        .evalStrategy(EPOCH)
                        .saveStrategy(EPOCH)
                        .loadBestModelAtEnd(true)
                        .build())
                .callback(new HtmlReportCallback())
                .build()) {
      trainer.train();
      return trainer.state().logHistory();
    }
  }

  @Test
  void drawsEveryPointAndAsksNobodyForAnything() throws Exception {
    List<LogEntry> history = train();

    Chromium.Page page;
    try (RequestRecorder proxy = new RequestRecorder()) {
      page = chromium.open(dir.resolve("run/report.html"), false, proxy.port());
      assertThat(asked(proxy)).isEmpty();
    }

    // 36 updates with loss, grad_norm and learning_rate; 4 evaluations of 5 values, epoch left out.
    long logged =
        history.stream()
            .filter(line -> line.value("train_runtime").isEmpty())
            .mapToLong(line -> line.values().size() - 1)
            .sum();
    assertThat(logged).isEqualTo(36 * 3 + 4 * 5);
    assertThat(number(page.dom(), "<html[^>]* data-points=\"(\\d+)\"")).isEqualTo(logged);
    assertThat(page.console()).isEmpty();
    assertPixels(page.screenshot(), LIGHT_PAGE, LIGHT_CURVES);
  }

  @Test
  void followsTheBrowserIntoTheDark() throws Exception {
    train();

    Chromium.Page page;
    try (RequestRecorder proxy = new RequestRecorder()) {
      page = chromium.open(dir.resolve("run/report.html"), true, proxy.port());
    }

    assertPixels(page.screenshot(), DARK_PAGE, DARK_CURVES);
  }

  /** Holds the test itself to its word: a page that does ask is noticed. */
  @Test
  void wouldNoticeARequest() throws Exception {
    Path asking = Files.writeString(dir.resolve("asking.html"), "<img src='http://example.org/x'>");

    try (RequestRecorder proxy = new RequestRecorder()) {
      chromium.open(asking, false, proxy.port());

      assertThat(proxy.requests()).anyMatch(line -> line.contains("example.org/x"));
    }
  }

  @Test
  void showsWhatLooksLikeATagAsText() throws Exception {
    String name = "</script><script>document.title='broken'</script><b>\"&amp;'";
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(GoldenTask.args(dir.resolve("run")).numTrainEpochs(1).build())
                .callback(HtmlReportCallback.builder().title(name).build())
                .build()) {
      trainer.train();
    }

    Chromium.Page page;
    try (RequestRecorder proxy = new RequestRecorder()) {
      page = chromium.open(dir.resolve("run/report.html"), false, proxy.port());
    }

    assertThat(page.console()).isEmpty();
    assertThat(page.dom())
        .contains("<h1>" + name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
        .doesNotContain("<title>broken");
    assertThat(number(page.dom(), "<html[^>]* data-points=\"(\\d+)\"")).isEqualTo(9 * 3);
  }

  /**
   * Returns the requests for anything but Google's hosts, which Chromium asks on its own; the report
   * does not mention them.
   */
  private List<String> asked(RequestRecorder proxy) throws IOException {
    assertThat(Files.readString(dir.resolve("run/report.html"))).doesNotContain("google");
    return proxy.requests().stream()
        .filter(line -> !line.matches("\\S+ (https?://)?[a-z0-9.-]*\\.google(apis)?\\.com[:/].*"))
        .toList();
  }

  private static long number(String dom, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(dom);
    assertThat(matcher.find()).as("%s in %.300s", pattern, dom).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  private static void assertPixels(Path png, int page, int[] curves) throws IOException {
    BufferedImage image = ImageIO.read(png.toFile());
    assertThat(image.getRGB(3, 3) & 0xffffff).isEqualTo(page);
    for (int color : curves) {
      int count = 0;
      for (int y = 0; y < image.getHeight(); y++) {
        for (int x = 0; x < image.getWidth(); x++) {
          count += (image.getRGB(x, y) & 0xffffff) == color ? 1 : 0;
        }
      }
      assertThat(count).as("pixels of the color %06x", color).isGreaterThan(100);
    }
  }
}
