// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A headless Chromium that opens files and reaches no network. */
final class Chromium {

  private static final String REQUIRED = "TRAINER4J_REQUIRE_CHROMIUM";

  private final Path binary;
  private final Path folder;

  /** What was seen of a page: its DOM after scripts ran, a PNG, and what the console said. */
  record Page(String dom, Path screenshot, List<String> console) {}

  private Chromium(Path binary, Path folder) {
    this.binary = binary;
    this.folder = folder;
  }

  /** Skips the test where there is no Chromium, or fails it where there must be one. */
  static Chromium find(Path folder) {
    Optional<Path> binary =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
            .flatMap(
                dir ->
                    Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(name -> Path.of(dir, name)))
            .filter(Files::isExecutable)
            .findFirst();
    if (binary.isPresent()) {
      return new Chromium(binary.get(), folder);
    }
    String missing =
        "there is no chromium, chromium-browser or google-chrome on the PATH, so how the report"
            + " looks is not tested; on Debian: apt-get install chromium";
    if ("1".equals(System.getenv(REQUIRED))) {
      return fail(REQUIRED + " is 1, but " + missing);
    }
    return abort(missing);
  }

  Page open(Path file, boolean dark, int proxyPort) throws Exception {
    Path profile = Files.createTempDirectory(folder, "profile");
    Path screenshot = folder.resolve((dark ? "dark" : "light") + ".png");
    Path out = folder.resolve("dom.html");
    Path err = folder.resolve("stderr.txt");
    List<String> command = command(profile, dark, proxyPort);
    command.addAll(
        List.of(
            "--virtual-time-budget=3000",
            "--screenshot=" + screenshot,
            "--dump-dom",
            file.toUri().toString()));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    if (!process.waitFor(240, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      fail("Chromium did not end:\n" + read(err));
    }
    assertThat(screenshot).as("Chromium said:\n%s", read(err)).isNotEmptyFile();
    return new Page(
        read(out), screenshot, read(err).lines().filter(l -> l.contains("CONSOLE")).toList());
  }

  /** Opens a file and keeps it open. */
  DevTools drive(Path file, int proxyPort) throws Exception {
    Path profile = Files.createTempDirectory(folder, "profile");
    List<String> command = command(profile, false, proxyPort);
    command.addAll(List.of("--remote-debugging-port=0", file.toUri().toString()));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(folder.resolve("stderr.txt").toFile())
            .start();
    return new DevTools(process, profile);
  }

  private List<String> command(Path profile, boolean dark, int proxyPort) {
    return new ArrayList<>(
        List.of(
            binary.toString(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-default-apps",
            "--hide-scrollbars",
            "--enable-logging=stderr",
            "--user-data-dir=" + profile,
            "--proxy-server=http://127.0.0.1:" + proxyPort,
            "--proxy-bypass-list=<-loopback>",
            "--blink-settings=preferredColorScheme=" + (dark ? 0 : 1),
            "--window-size=1280,1700"));
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), UTF_8);
  }
}
