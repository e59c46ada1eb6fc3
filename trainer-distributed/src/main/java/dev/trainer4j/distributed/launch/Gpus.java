// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The GPUs of this machine, as {@code CUDA_VISIBLE_DEVICES} names them. Nothing native is loaded to find out. */
final class Gpus {

  private static final Path DRIVERS_LIST = Path.of("/proc/driver/nvidia/gpus");

  private Gpus() {}

  /** Those that this process may use, which is all of the machine unless its environment says less. */
  static List<String> ofThisMachine(Map<String, String> environment) {
    String visible = environment.get("CUDA_VISIBLE_DEVICES");
    if (visible != null) {
      return named(visible);
    }
    if (!Files.isDirectory(DRIVERS_LIST)) {
      return List.of();
    }
    try (Stream<Path> found = Files.list(DRIVERS_LIST)) {
      return IntStream.range(0, (int) found.count()).mapToObj(String::valueOf).toList();
    } catch (IOException e) {
      throw new LaunchException("the driver's list of GPUs cannot be read: " + e, e);
    }
  }

  static List<String> named(String list) {
    return Arrays.stream(list.split(",")).map(String::strip).filter(id -> !id.isEmpty()).toList();
  }
}
