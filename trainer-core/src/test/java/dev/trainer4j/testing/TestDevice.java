// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import ai.djl.Device;
import dev.trainer4j.torch.Devices;

/**
 * The device of the models in tests: the CPU, or what {@code -Dtrainer4j.device} says, {@code gpu} or {@code gpu:1}.
 */
public final class TestDevice {

  private TestDevice() {}

  /** Returns the device; one that is not there is an error, and no CPU. */
  public static Device get() {
    String name = System.getProperty("trainer4j.device", "cpu");
    if (name.equals("cpu")) {
      return Device.cpu();
    }
    if (!name.matches("gpu(:\\d+)?")) {
      throw new IllegalArgumentException(
          "trainer4j.device is '" + name + "': give cpu, gpu, or gpu:1 for the second");
    }
    int number = name.equals("gpu") ? 0 : Integer.parseInt(name.substring(4));
    return Devices.require("trainer4j.device", Device.gpu(number));
  }
}
