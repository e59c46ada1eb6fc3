// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        .contains("PYTORCH_LIBRARY_PATH (now ", "PYTORCH_FLAVOR=cu128")
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
  @Tag("gpu") // it is about a GPU that is there
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
    assertThat(Devices.require("device", "cpu")).isEqualTo(Device.cpu());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cuda", "gpu:", "gpu:-1", "gpu:one", "CPU"})
  void aNameOfNoDeviceIsRefusedWithTheNamesThereAre(String name) {
    assertThatThrownBy(() -> Devices.require("device", name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("device is '" + name + "': give cpu, gpu, or gpu:1 for the second");
  }

  @Test
  void aNameOfAGpuThatIsNotThereIsRefusedByItsNumber() {
    assumeFalse(Devices.hasGpu());
    assertThatThrownBy(() -> Devices.require("device", "gpu"))
        .hasMessageStartingWith("device is gpu(0), but there is no GPU to use");
    assertThatThrownBy(() -> Devices.require("device", "gpu:2"))
        .hasMessageStartingWith("device is gpu(2), but there is no GPU to use");
  }

  /** DJL gives a model any device that it is asked for, and fails at the first array. */
  @Test
  void aModelOnAGpuThatIsNotThereIsRefusedBeforeItsFirstBatch() {
    assumeFalse(Devices.hasGpu());
    try (Model model = Model.newInstance("there", Device.gpu())) {
      model.setBlock(Linear.builder().setUnits(2).build());
      TrainingArguments args = TrainingArguments.builder().maxSteps(1).build();
      assertThatThrownBy(() -> Trainer.builder(model, args).build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("the model's device is gpu(0), but there is no GPU to use: ");
    }
  }

  @Test
  void alibtorchThatIsNotThereIsToldHowItIsInstalled() throws Exception {
    String classPath =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(part -> !part.contains("pytorch-native"))
            .collect(Collectors.joining(File.pathSeparator));
    assumeFalse(classPath.equals(System.getProperty("java.class.path")));
    ProcessBuilder child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Dai.djl.offline=true",
                "-DOPT_OUT_TRACKING=true",
                "-cp",
                classPath,
                WithoutLibtorch.class.getName())
            .redirectErrorStream(true);
    child.environment().remove("PYTORCH_LIBRARY_PATH");
    Process process = child.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output)
        .contains("libtorch cannot be loaded (", "Offline mode is enabled")
        .contains("PYTORCH_LIBRARY_PATH (now not set)", "pytorch-native-cpu", "docs/gpu.md");
  }

  /** What a process sees that has no native library. */
  static final class WithoutLibtorch {
    public static void main(String[] args) {
      try {
        Devices.best();
      } catch (IllegalStateException e) {
        System.out.println(e.getMessage());
      }
    }
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
