// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds to each log line of training how much memory the process has, in MiB.
 *
 * <table>
 * <caption>Values</caption>
 * <tr><td>{@code memory_heap_mib}</td><td>used on the Java heap, garbage included</td></tr>
 * <tr><td>{@code memory_native_mib}</td><td>resident, less what is used on the heap: tensors,
 * libtorch, the JVM itself, and pages that the heap keeps for later; Linux only</td></tr>
 * <tr><td>{@code memory_peak_mib}</td><td>the most that was ever resident; Linux only</td></tr>
 * <tr><td>{@code memory_device_mib}</td><td>in use on the model's GPU, by all processes; needs
 * CUDA's runtime where JNA finds it</td></tr>
 * </table>
 *
 * <p>A native figure that rises from line to line is an array that nobody closes.
 */
public final class MemoryCallback implements TrainerCallback {

  private static final Logger LOG = LoggerFactory.getLogger(MemoryCallback.class);

  private static final double MIB = 1024 * 1024;

  private boolean isBlind;

  /** Makes the callback. */
  public MemoryCallback() {}

  @Override
  public void onPreLog(CallbackContext ctx, TrainerState state, TrainerControl control) {
    Runtime runtime = Runtime.getRuntime();
    long heap = runtime.totalMemory() - runtime.freeMemory();
    control.addToLog("memory_heap_mib", heap / MIB);
    Optional<ResidentMemory> resident = ResidentMemory.read();
    if (resident.isPresent()) {
      double outside = Math.max(0, resident.get().bytes() - heap);
      control.addToLog("memory_native_mib", outside / MIB);
      control.addToLog("memory_peak_mib", resident.get().peakBytes() / MIB);
    }
    Device device = ctx.model().manager().getDevice();
    if (Device.Type.GPU.equals(device.getDeviceType())) {
      used(device).ifPresent(bytes -> control.addToLog("memory_device_mib", bytes / MIB));
    }
  }

  /** DJL asks CUDA's runtime through JNA, which may not find it although libtorch computes with one of its own. */
  private OptionalLong used(Device device) {
    if (isBlind) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(CudaUtils.getGpuMemory(device).getUsed());
    } catch (RuntimeException | LinkageError e) {
      isBlind = true;
      LOG.warn(
          "memory_device_mib is left out: JNA finds no CUDA runtime (libcudart), or it does not answer ({});"
              + " -Djna.library.path names the folder it is in",
          String.valueOf(e.getMessage()));
      return OptionalLong.empty();
    }
  }
}
