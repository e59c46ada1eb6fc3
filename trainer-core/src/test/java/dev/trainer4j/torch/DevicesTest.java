// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Which device is taken, and what is said where it is not the one that was wanted. */
class DevicesTest {

  private static final Path FOLDER = Path.of("torch", "lib");

  private static String why(boolean builtForCuda, boolean driver, String visible) {
    return new GpuFacts(false, FOLDER, builtForCuda, driver, visible).whyNone();
  }

  @Test
  void eachReasonForNoGpuNamesWhatIsMissingAndWhatToDo() {
    assertThat(why(false, true, null))
        .contains(FOLDER.toString(), "a build for the CPU", "pytorch-native-cpu", "docs/gpu.md")
        .contains("PYTORCH_LIBRARY_PATH", "PYTORCH_FLAVOR=cu128")
        .doesNotContain("nvidia-smi");
    assertThat(why(false, false, null)).contains("a build for the CPU", "no NVIDIA driver");
    assertThat(why(true, false, null)).contains("no NVIDIA driver", "nvidia-smi", "--gpus all");
    assertThat(why(true, true, "")).contains("CUDA_VISIBLE_DEVICES is ''", "unset it");
    assertThat(why(true, true, null)).contains("CUDA does not start", "older", "/dev/nvidia*");
  }

  @Test
  void aGpuThatIsNotThereIsRefusedWithTheReason() {
    assumeFalse(Devices.hasGpu());
    assertThat(Devices.best()).isEqualTo(Device.cpu());
    assertThatThrownBy(() -> Devices.require("device", Device.gpu(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("device is gpu(1), but there is no GPU to use: libtorch in ")
        .hasMessageContaining(GpuFacts.ofThisProcess().whyNone());
  }

  @Test
  void aGpuThatLibtorchSeesIsTakenAndOneThatItDoesNotCountIsRefused() {
    assumeTrue(Devices.hasGpu());
    assertThat(Devices.best()).isEqualTo(Device.gpu(0));
    assertThat(Devices.require("device", Device.gpu(0))).isEqualTo(Device.gpu(0));
    assertThatThrownBy(() -> Devices.require("device", Device.gpu(99)))
        .hasMessageContaining("device is gpu(99), which CUDA refuses (")
        .hasMessageContaining("CUDA_VISIBLE_DEVICES");
  }

  @Test
  void theCpuIsAlwaysThere() {
    assertThat(Devices.require("device", Device.cpu())).isEqualTo(Device.cpu());
  }

  @Test
  void streamsThatNothingOrdersAreRefused() {
    String property = "ai.djl.pytorch.enable_cuda_stream";
    System.setProperty(property, "true");
    try {
      assertThatThrownBy(TorchEngine::get)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("-D" + property + "=true")
          .hasMessageContaining("wrong weights")
          .hasMessageContaining("leave it out");
    } finally {
      System.clearProperty(property);
    }
  }
}
