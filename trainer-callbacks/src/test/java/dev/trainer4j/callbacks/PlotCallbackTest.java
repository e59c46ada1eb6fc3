// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static dev.trainer4j.args.IntervalStrategy.STEPS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlotCallbackTest {

  private final Path dir;

  PlotCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  @Test
  void drawsOneChartForEachMetric() throws IOException {
    TrainingArguments args =
        GoldenTask.args(dir).numTrainEpochs(2).evalStrategy(EPOCH).saveStrategy(EPOCH).build();
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(args).callback(new PlotCallback()).build()) {
      trainer.train();
    }

    BufferedImage image = ImageIO.read(dir.resolve("plot.png").toFile());
    // Loss, accuracy, gradient norm and learning rate, two in a row, below a heading.
    assertThat(image.getWidth()).isEqualTo(2 * 640);
    assertThat(image.getHeight()).isEqualTo(40 + 2 * 360);
    for (int chart = 0; chart < 4; chart++) {
      int blue = count(image, 0x2563eb, chart % 2 * 640, 40 + chart / 2 * 360);
      assertThat(blue).as("pixels of the curve in chart %d", chart).isGreaterThan(100);
    }
    assertThat(count(image, 0xd9480f, 0, 40)).as("eval_loss over loss").isGreaterThan(50);
  }

  private static int count(BufferedImage image, int color, int left, int top) {
    int count = 0;
    for (int y = top; y < top + 360; y++) {
      for (int x = left; x < left + 640; x++) {
        count += (image.getRGB(x, y) & 0xffffff) == color ? 1 : 0;
      }
    }
    return count;
  }

  @Test
  void withinTheIntervalOnlyTheEndOfARunIsDrawn() throws IOException {
    List<Boolean> drawn = new ArrayList<>();
    TrainerCallback watcher =
        new TrainerCallback() {
          @Override
          public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
            drawn.add(Files.exists(dir.resolve("plot.png")));
          }
        };
    TrainingArguments args =
        GoldenTask.args(dir).maxSteps(4).saveStrategy(STEPS).saveSteps(1).saveTotalLimit(1).build();
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(args)
                .callback(new PlotCallback("plot.png", Duration.ofHours(1)))
                .callback(watcher)
                .build()) {
      trainer.train();
    }
    assertThat(drawn).hasSize(4).containsOnly(false);
    assertThat(dir.resolve("plot.png")).exists();
    assertThatThrownBy(() -> new PlotCallback("plot.png", Duration.ZERO))
        .hasMessageContaining("interval");
  }

  @Test
  void aLibraryThatDoesNotFitEndsTheRunBeforeItsFirstUpdate() throws Exception {
    try (WithoutXchart loader = new WithoutXchart("org.knowm.xchart.BitmapEncoder");
        GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(GoldenTask.args(dir).maxSteps(4).build())
                .callback(
                    (TrainerCallback)
                        loader
                            .loadClass(PlotCallback.class.getName())
                            .getConstructor()
                            .newInstance())
                .build()) {
      assertThatThrownBy(trainer::train)
          .hasMessageContaining("org.knowm.xchart:xchart:")
          .hasMessageContaining("set this version in the build")
          .hasRootCauseInstanceOf(ClassNotFoundException.class);
      assertThat(trainer.state().globalStep()).isZero();
    }
  }

  @Test
  void refusesAFileThatIsNoPng() {
    assertThatThrownBy(() -> new PlotCallback("plot.svg"))
        .hasMessage("file must end in .png, but is \"plot.svg\"");
  }

  @Test
  void saysWhatToAddIfTheLibraryIsMissing() throws Exception {
    try (WithoutXchart loader = new WithoutXchart("org.knowm.")) {
      Class<?> type = loader.loadClass(PlotCallback.class.getName());

      assertThatThrownBy(() -> type.getConstructor().newInstance())
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("PlotCallback needs the optional library org.knowm.xchart:xchart:")
          .hasMessageContaining("<artifactId>xchart</artifactId>");
    }
  }

  @Test
  void namesTheVersionThatItIsTestedWith() throws IOException {
    Properties properties = new Properties();
    try (InputStream in =
        PlotCallback.class.getResourceAsStream(
            "/META-INF/maven/org.knowm.xchart/xchart/pom.properties")) {
      properties.load(in);
    }

    assertThat(PlotCallback.XCHART.coordinates())
        .isEqualTo("org.knowm.xchart:xchart:" + properties.getProperty("version"));
  }

  /** Loads our own classes anew, where XChart cannot be seen. */
  private static final class WithoutXchart extends URLClassLoader {
    private final String hidden;

    WithoutXchart(String hidden) {
      super(
          new URL[] {PlotCallback.class.getProtectionDomain().getCodeSource().getLocation()},
          PlotCallback.class.getClassLoader());
      this.hidden = hidden;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith(hidden)) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith("dev.trainer4j.callbacks.")) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded != null ? loaded : findClass(name);
      }
    }
  }
}
