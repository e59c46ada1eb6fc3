// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trainer4j.testing.ChildJvm;
import dev.trainer4j.testing.Natives;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An update keeps nothing that no manager knows: values that kernels are given, arrays that nobody owns.
 *
 * <p>The smallest of them takes 32 bytes. The JVM's compilers take and free megabytes beside them, so a
 * process without compilers is measured.
 */
class HeapLeakTest {

  private static final int SMALLEST = 32;

  @TempDir static Path folder;

  /** Of each run, what the heap rose by from one measurement to the next, in bytes. */
  private static final Map<String, List<Long>> RISES = new HashMap<>();

  @BeforeAll
  static void trainInAnotherProcess() throws Exception {
    assumeTrue(Natives.heapBytes().isPresent(), "needs glibc 2.33");
    List<String> command = ChildJvm.command(HeapLeakChild.class, folder);
    command.add(1, "-Xint");
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> lines = new ArrayList<>();
    try (var out = child.inputReader(StandardCharsets.UTF_8)) {
      out.lines().forEach(lines::add);
    }
    assertThat(child.waitFor()).as(String.join("\n", lines)).isZero();
    for (String line : lines) {
      String[] words = line.split(" ");
      if (words[0].equals("rises")) {
        RISES.put(words[1], Arrays.stream(words).skip(2).map(Long::valueOf).sorted().toList());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"function", "watched", "layers"})
  void anUpdateKeepsNoValueThatKernelsWereGiven(String run) {
    List<Long> rises = RISES.get(run);
    // A leak is in all of them, what the JVM takes now and then in few.
    assertThat(rises.get(rises.size() / 2))
        .as("rises of the heap in bytes, every %d updates: %s", HeapLeakChild.EVERY, rises)
        .isLessThan(SMALLEST / 2L * HeapLeakChild.EVERY);
  }
}
