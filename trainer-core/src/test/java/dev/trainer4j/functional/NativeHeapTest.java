// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.testing.ChildJvm;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What an update frees stays in the process for the next one, and only until the trainer closes. */
@EnabledOnOs(OS.LINUX)
class NativeHeapTest {

  /** Those of an update whose arrays all come from the system: 64 MiB in pages of 4 KiB. */
  private static final long ALL = 16_000;

  @TempDir static Path folder;

  /** What a process measured in whose environment nothing says how the heap is kept. */
  private static long[] plain;

  @BeforeAll
  static void trainInAPlainEnvironment() throws Exception {
    plain = train(Map.of());
  }

  /** Page faults an update, KiB resident before and after the trainer closed. */
  private static long[] train(Map<String, String> environment) throws Exception {
    List<String> command = ChildJvm.command(HeapChild.class, folder);
    command.add(1, "-Xmn8m"); // or a young generation that fills takes pages, too
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("GLIBC_TUNABLES");
    builder.environment().keySet().removeIf(name -> name.startsWith("MALLOC_"));
    builder.environment().putAll(environment);
    Process child = builder.start();
    List<String> lines = new ArrayList<>();
    try (var out = child.inputReader(StandardCharsets.UTF_8)) {
      out.lines().forEach(lines::add);
    }
    assertThat(child.waitFor()).as(String.join("\n", lines)).isZero();
    String result = lines.get(lines.size() - 1);
    assertThat(result).startsWith("heap ");
    return Arrays.stream(result.split(" ")).skip(1).mapToLong(Long::parseLong).toArray();
  }

  @Test
  void anUpdateTakesNothingNewFromTheSystem() {
    assertThat(plain[0]).isLessThan(ALL / 20);
  }

  @Test
  void aTrainerThatClosesGivesBackWhatItDoesNotNeed() {
    assertThat(plain[1] - plain[2]).isGreaterThan(32 << 10);
  }

  @Test
  void whatTheEnvironmentSaysOfTheHeapIsHeeded() throws Exception {
    assertThat(train(Map.of("MALLOC_TRIM_THRESHOLD_", "131072"))[0]).isGreaterThan(ALL / 2);
  }
}
