// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.Trainer;
import dev.trainer4j.state.LogEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryCallbackTest {

  private final Path dir;

  MemoryCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  @Test
  void logsHeapAndOnLinuxNativeMemoryWithThePeakOfTheProcess() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(GoldenTask.args(dir).maxSteps(2).build())
                .callback(new MemoryCallback())
                .build()) {
      trainer.train();

      LogEntry line = trainer.state().logHistory().get(0);
      double maxHeap = Runtime.getRuntime().maxMemory() / 1048576.0;
      assertThat(line.value("memory_heap_mib").orElseThrow()).isBetween(1.0, maxHeap);
      assertThat(line.value("memory_device_mib")).isEmpty();
      boolean linux = Files.isReadable(Path.of("/proc/self/status"));
      assertThat(line.value("memory_native_mib").isPresent()).isEqualTo(linux);
      if (linux) {
        // libtorch alone is more than that.
        assertThat(line.value("memory_native_mib").orElseThrow()).isGreaterThan(50);
        assertThat(line.value("memory_peak_mib").orElseThrow())
            .isGreaterThanOrEqualTo(line.value("memory_native_mib").orElseThrow());
      }
    }
  }

  @Test
  void readsWhatLinuxTells() {
    List<String> status = List.of("Name:\tjava", "VmHWM:\t  300 kB", "VmRSS:\t  200 kB");

    assertThat(ResidentMemory.parse(status)).contains(new ResidentMemory(200 * 1024, 300 * 1024));
    assertThat(ResidentMemory.parse(List.of("VmHWM: 1 kB"))).isEmpty();
    assertThat(ResidentMemory.parse(List.of("VmHWM: x kB", "VmRSS: 1 kB"))).isEmpty();
  }
}
