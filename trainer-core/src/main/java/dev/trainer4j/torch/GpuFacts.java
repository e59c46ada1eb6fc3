// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.pytorch.jni.LibUtils;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What this process has of a GPU, which tells why there is none.
 *
 * @param seen whether libtorch sees a GPU that CUDA starts on
 * @param libtorch the folder that libtorch was loaded from
 * @param builtForCuda whether that libtorch has a part for CUDA
 * @param driver whether the machine has NVIDIA's driver
 * @param visible the environment's {@code CUDA_VISIBLE_DEVICES}; null if it is not set
 */
record GpuFacts(
    boolean seen, Path libtorch, boolean builtForCuda, boolean driver, @Nullable String visible) {

  /** Asks libtorch and the machine. */
  static GpuFacts ofThisProcess() {
    boolean seen = TorchEngine.get().hasCapability("CUDA");
    Path folder = Path.of(LibUtils.getLibtorchPath());
    return new GpuFacts(
        seen,
        folder,
        Files.exists(folder.resolve(System.mapLibraryName("torch_cuda"))),
        hasDriver(),
        System.getenv("CUDA_VISIBLE_DEVICES"));
  }

  private static boolean hasDriver() {
    String windows = System.getenv("SystemRoot");
    return Files.exists(Path.of("/proc/driver/nvidia/version"))
        || Files.exists(Path.of("/dev/nvidiactl"))
        || Files.exists(Path.of("/usr/lib/wsl/lib/libcuda.so.1"))
        || (windows != null && Files.exists(Path.of(windows, "System32", "nvcuda.dll")));
  }

  /** Why libtorch sees no GPU, and what to do. */
  String whyNone() {
    if (!builtForCuda) {
      return "libtorch in "
          + libtorch
          + " is a build for the CPU: leave pytorch-native-cpu off the class path, and for a build for CUDA set"
          + " PYTORCH_FLAVOR=cu128 and PYTORCH_LIBRARY_PATH ("
          + TorchEngine.environment("PYTORCH_LIBRARY_PATH")
          + ")"
          + (driver ? "" : "; this machine also shows no NVIDIA driver (does nvidia-smi work?)")
          + ". docs/gpu.md has the commands";
    }
    if (!driver) {
      return "libtorch in "
          + libtorch
          + " is a build for CUDA, but this machine shows no NVIDIA driver: nvidia-smi must work first; a"
          + " container is started with --gpus all";
    }
    if (visible != null) {
      return "CUDA_VISIBLE_DEVICES is '"
          + visible
          + "', which leaves no GPU: unset it, or name one that nvidia-smi lists";
    }
    return "libtorch in "
        + libtorch
        + " is a build for CUDA and there is an NVIDIA driver, but CUDA does not start: the driver may be older"
        + " than the build's CUDA (nvidia-smi shows up to which version it goes), or the process may not open"
        + " /dev/nvidia*";
  }
}
