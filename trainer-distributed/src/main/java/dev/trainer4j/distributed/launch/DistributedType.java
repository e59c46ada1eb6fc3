// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.util.Arrays;
import java.util.stream.Collectors;

/** How a configuration says that processes are distributed; Accelerate's other types are of devices and libraries that the JVM lacks. */
enum DistributedType {
  NO,
  MULTI_CPU,
  MULTI_GPU,
  FSDP,
  DEEPSPEED;

  static String names() {
    return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
  }
}
