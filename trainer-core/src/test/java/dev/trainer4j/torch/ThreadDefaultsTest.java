// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.testing.ChildJvm;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What libtorch and its OpenMP do in a process that nobody set up, or somebody did. */
@Tag("cpu") // a GPU needs no threads
class ThreadDefaultsTest {

  /** What a process printed that nobody set up. */
  private static String plain;

  @BeforeAll
  static void startAPlainProcess() throws Exception {
    plain = child(Map.of());
  }

  /** What the child printed, with what libgomp says of itself when it is loaded. */
  private static String child(Map<String, String> environment, String... options) throws Exception {
    List<String> command = ChildJvm.command(ThreadsChild.class);
    command.addAll(1, List.of(options));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.matches("(OMP|GOMP|MKL)_.*"));
    builder.environment().put("OMP_DISPLAY_ENV", "VERBOSE");
    builder.environment().putAll(environment);
    Process child = builder.start();
    List<String> lines = new ArrayList<>();
    try (var out = child.inputReader(StandardCharsets.UTF_8)) {
      out.lines().forEach(lines::add);
    }
    String text = String.join("\n", lines);
    assertThat(child.waitFor()).as(text).isZero();
    return text;
  }

  private static List<Integer> threads(String printed) {
    MatchResult found =
        Pattern.compile("threads (\\d+) (\\d+) (\\d+) (\\d+)")
            .matcher(printed)
            .results()
            .findFirst()
            .orElseThrow();
    return List.of(1, 2, 3, 4).stream().map(i -> Integer.valueOf(found.group(i))).toList();
  }

  private static String spins(String printed) {
    return Pattern.compile("GOMP_SPINCOUNT = '(.*)'")
        .matcher(printed)
        .results()
        .findFirst()
        .orElseThrow()
        .group(1);
  }

  @Test
  void littleWorkTakesOneThreadAndMuchWorkAll() {
    List<Integer> threads = threads(plain);
    int own = threads.get(0);
    int all = Math.min(own, Runtime.getRuntime().availableProcessors());
    assertThat(threads).containsExactly(own, all, 1, own);
  }

  @Test
  void noMoreThreadsThanTheProcessorsThatTheJvmSees() throws Exception {
    List<Integer> threads = threads(child(Map.of(), "-XX:ActiveProcessorCount=1"));
    int own = threads.get(0);
    assertThat(threads).containsExactly(own, 1, 1, own);
  }

  @Test
  void whatTheEnvironmentSaysOfThreadsIsHeeded() throws Exception {
    assertThat(threads(child(Map.of("OMP_NUM_THREADS", "2")))).containsExactly(2, 2, 2, 2);
    assertThat(threads(child(Map.of(), "-Dai.djl.pytorch.num_threads=2")))
        .containsExactly(2, 2, 2, 2);
  }

  @Test
  void theEngineIsDjlsOwn() {
    assertThat(plain).contains("engine is that of DJL true");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void threadsThatWaitSoonSleepAlsoWhereTheApplicationLoadsLibtorch() {
    assertThat(spins(plain)).isEqualTo(Integer.toString(SpinLimit.SPINS));
    assertThat(plain).contains("java knows null");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void whatTheEnvironmentSaysOfWaitingIsHeeded() throws Exception {
    assertThat(spins(child(Map.of("GOMP_SPINCOUNT", "77")))).isEqualTo("77");
    assertThat(spins(child(Map.of("OMP_WAIT_POLICY", "passive")))).isEqualTo("0");
  }
}
