// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The choice between CPU and GPU, in one place.
 *
 * <p>It asks libtorch itself. DJL's own default device asks CUDA's runtime through JNA beforehand, and is the CPU where
 * JNA finds no {@code libcudart}, although libtorch brings one and sees the GPU.
 */
public final class Devices {

  private static final Logger LOG = LoggerFactory.getLogger(Devices.class);

  private static final AtomicBoolean TOLD = new AtomicBoolean();

  private static final Pattern NAME = Pattern.compile("gpu(?::(\\d{1,3}))?");

  private Devices() {}

  /**
   * Returns the first GPU that libtorch sees, else the CPU; where the machine has an NVIDIA driver, a warning then says
   * once why it is the CPU.
   */
  public static Device best() {
    GpuFacts facts = GpuFacts.ofThisProcess();
    if (facts.seen()) {
      return Device.gpu();
    }
    if (facts.driver() && TOLD.compareAndSet(false, true)) {
      LOG.warn("This machine has an NVIDIA driver, but the CPU is used: {}", facts.whyNone());
    }
    return Device.cpu();
  }

  /** Returns whether libtorch sees a GPU. */
  public static boolean hasGpu() {
    return TorchEngine.get().hasCapability("CUDA");
  }

  /** Returns why libtorch sees no GPU, and what to do; empty if it sees one. */
  public static Optional<String> whyNoGpu() {
    GpuFacts facts = GpuFacts.ofThisProcess();
    return facts.seen() ? Optional.empty() : Optional.of(facts.whyNone());
  }

  /**
   * Returns the device of a name, if arrays can be there: {@code cpu}, {@code gpu}, or {@code gpu:1} for the second.
   *
   * @param name the argument that says so
   * @throws IllegalArgumentException if it is none of these, or libtorch sees no GPU, or none of that number; the
   *     message says why
   */
  public static Device require(String name, String wanted) {
    if (wanted.equals("cpu")) {
      return Device.cpu();
    }
    Matcher gpu = NAME.matcher(wanted);
    if (!gpu.matches()) {
      throw new IllegalArgumentException(
          name + " is '" + wanted + "': give cpu, gpu, or gpu:1 for the second");
    }
    return require(name, Device.gpu(gpu.group(1) == null ? 0 : Integer.parseInt(gpu.group(1))));
  }

  /**
   * Returns {@code wanted} if arrays can be there.
   *
   * @param name the argument that says so
   * @throws IllegalArgumentException if libtorch sees no GPU, or none of that number; the message says why
   */
  public static Device require(String name, Device wanted) {
    if (!wanted.isGpu()) {
      return wanted;
    }
    GpuFacts facts = GpuFacts.ofThisProcess();
    if (!facts.seen()) {
      throw new IllegalArgumentException(
          name + " is " + wanted + ", but there is no GPU to use: " + facts.whyNone());
    }
    try (NDManager manager = TorchEngine.get().newBaseManager(wanted);
        NDArray probe = manager.zeros(new Shape(1))) {
      return probe.getDevice();
    } catch (EngineException e) {
      throw new IllegalArgumentException(
          name
              + " is "
              + wanted
              + ", which CUDA refuses ("
              + EngineMessage.reason(e)
              + "): GPUs are counted from 0 among those that CUDA_VISIBLE_DEVICES leaves",
          e);
    }
  }
}
