// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.Device;
import dev.trainer4j.torch.Devices;

/**
 * The device of the models in tests: the CPU, or what {@code -Dtrainer4j.device} says, {@code gpu} or {@code gpu:1}.
 */
public final class TestDevice {

  private TestDevice() {}

  /** Returns the device; one that is not there is an error, and no CPU. */
  public static Device get() {
    return Devices.require("trainer4j.device", System.getProperty("trainer4j.device", "cpu"));
  }
}
