// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import ai.djl.pytorch.jni.LibUtils;
import ai.djl.util.cuda.CudaUtils;
import dev.trainer4j.torch.Devices;
import dev.trainer4j.torch.TorchEngine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Versions, and what the machine tells of its GPUs. */
final class Machine {

  private static final List<String> VARIABLES =
      List.of(
          "PYTORCH_LIBRARY_PATH",
          "PYTORCH_FLAVOR",
          "CUDA_VISIBLE_DEVICES",
          "CUBLAS_WORKSPACE_CONFIG",
          "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
          "NVIDIA_TF32_OVERRIDE",
          "PYTORCH_CUDA_ALLOC_CONF");

  private Machine() {}

  /** Everything that belongs above a table of figures. */
  static Map<String, String> describe() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(
        "java", System.getProperty("java.version") + ", " + System.getProperty("java.vendor"));
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    facts.put("processors", String.valueOf(Runtime.getRuntime().availableProcessors()));
    facts.put("libtorch", TorchEngine.get().getVersion() + " in " + LibUtils.getLibtorchPath());
    facts.put("sees a GPU", Devices.hasGpu() ? "yes" : "no");
    facts.put("GPUs that JNA finds", runtimeCount());
    facts.put("nvidia-smi", gpus().orElse("not there"));
    for (String name : VARIABLES) {
      String value = System.getenv(name);
      if (value != null) {
        facts.put(name, value);
      }
    }
    return facts;
  }

  /** DJL's own count, by CUDA's runtime through JNA: what MemoryCallback reads with. */
  private static String runtimeCount() {
    try {
      return String.valueOf(CudaUtils.getGpuCount());
    } catch (RuntimeException | LinkageError e) {
      return "none: " + e.getMessage();
    }
  }

  /** Name, driver and memory of each GPU. */
  static Optional<String> gpus() {
    return smi("name,driver_version,memory.total");
  }

  /** The memory of the first GPU in MiB. */
  static Optional<Double> memory(String which) {
    return smi(which).map(text -> Double.parseDouble(text.split("[;\\s]")[0]));
  }

  private static Optional<String> smi(String query) {
    try {
      Process process =
          new ProcessBuilder("nvidia-smi", "--query-gpu=" + query, "--format=csv,noheader,nounits")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        String text = String.join("; ", reader.lines().toList());
        return process.waitFor() == 0 && !text.isBlank() ? Optional.of(text) : Optional.empty();
      }
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /** What the process holds of the host's memory, in MiB; not known outside of Linux. */
  static Optional<Double> resident() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmRSS:")) {
          return Optional.of(Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024);
        }
      }
    } catch (IOException e) {
      return Optional.empty();
    }
    return Optional.empty();
  }

  /** What is to be said of a fault, in one line. */
  static String message(Throwable failure) {
    String message = String.valueOf(failure.getMessage()).replaceAll("\\s+", " ");
    return failure.getClass().getSimpleName() + ": " + message;
  }
}
