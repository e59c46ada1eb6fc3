// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trainer4j.testing.ChildJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fills real disks: memory file systems of 1, 2, 3, ... pages. A small file takes one page, so each
 * file of the first two saves is once the one that does not fit. Needs the right to mount in a
 * namespace of its own ({@code unshare -m} as root, {@code unshare -rm} else), which some systems
 * deny; then it is skipped, or fails where {@code TRAINER4J_REQUIRE_FULL_DISK} is 1.
 */
@Tag("faults")
@EnabledOnOs(OS.LINUX)
class FullDiskTest {

  private static final int MOST_PAGES = 17;
  private static final Pattern FAILURE =
      Pattern.compile(
          "Cannot save \\S*checkpoint-(\\d+): writing (.*)No space left on device\\. Free disk space"
              + " \\(\\d+ MiB are usable\\).*earlier ones stand\\.");
  private static final Pattern FILE = Pattern.compile("[a-z_]+\\.(json|safetensors)");

  @TempDir Path folder;

  @Test
  void aDiskThatIsFullAtWhicheverFileLeavesTheEarlierCheckpointWhole() throws Exception {
    Optional<String> namespace = namespace();
    assertThat(namespace.isPresent() || !"1".equals(System.getenv("TRAINER4J_REQUIRE_FULL_DISK")))
        .as("TRAINER4J_REQUIRE_FULL_DISK is 1, but mounting is not allowed here")
        .isTrue();
    assumeTrue(namespace.isPresent(), "mounting is not allowed here");
    Set<String> failedFirst = new TreeSet<>();
    Set<String> failedSecond = new TreeSet<>();
    boolean fitted = false;
    for (String line : sweep(namespace.orElseThrow())) {
      String[] fields = line.split("\t");
      String failure = fields[2];
      assertThat(fields[4]).as("resumed equals the whole run: %s", line).isEqualTo("true");
      assertThat(fields[5]).as(line).isEqualTo("[4, 8, 9]");
      assertThat(fields[6]).as("leftovers: %s", line).isEqualTo("[]");
      if (failure.equals("none")) {
        fitted = true;
        continue;
      }
      Matcher matcher = FAILURE.matcher(failure);
      assertThat(matcher.matches()).as(line).isTrue();
      Matcher file = FILE.matcher(matcher.group(2));
      assertThat(file.find()).as(line).isTrue();
      switch (matcher.group(1)) {
        case "4" -> {
          failedFirst.add(file.group());
          assertThat(fields[3]).as(line).isEqualTo("[]");
        }
        case "8" -> {
          failedSecond.add(file.group());
          assertThat(fields[3]).as(line).isEqualTo("[4]");
        }
        default -> assertThat(fields[3]).as(line).isEqualTo("[4, 8]");
      }
    }
    String[] files = {
      "training_args.json",
      "scheduler.json",
      "rng_state.json",
      "trainer_state.json",
      "model.safetensors",
      "optimizer.safetensors",
      "manifest.json"
    };
    System.out.printf("full disks: first save %s, second save %s%n", failedFirst, failedSecond);
    assertThat(failedFirst).contains(files);
    assertThat(failedSecond).contains(files);
    assertThat(fitted).isFalse();
  }

  /** The option of unshare that gives a namespace in which a disk can be mounted. */
  private Optional<String> namespace() throws IOException, InterruptedException {
    for (String option : List.of("-m", "-rm")) {
      Process mount =
          new ProcessBuilder("unshare", option, "mount", "-t", "tmpfs", "tmpfs", folder.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (mount.waitFor() == 0) {
        return Optional.of(option);
      }
    }
    return Optional.empty();
  }

  private List<String> sweep(String namespace) throws IOException, InterruptedException {
    List<String> command = ChildJvm.command(FullDiskChild.class, folder, MOST_PAGES);
    command.addAll(0, List.of("unshare", namespace));
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> all = new ArrayList<>();
    try (var out = child.inputReader(StandardCharsets.UTF_8)) {
      out.lines().forEach(all::add);
    }
    assertThat(child.waitFor()).as(String.join("\n", all)).isZero();
    List<String> disks = all.stream().filter(line -> line.startsWith("disk\t")).toList();
    assertThat(disks).as(String.join("\n", all)).hasSize(2 * MOST_PAGES);
    return disks;
  }
}
