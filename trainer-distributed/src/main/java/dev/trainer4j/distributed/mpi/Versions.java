// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.engine.Engine;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.TorchEngine;
import java.util.LinkedHashMap;
import java.util.Map;

/** What must be the same in all processes, since it decides what they compute and what they say to each other. */
final class Versions {

  private Versions() {}

  static Map<String, String> ofThisProcess() {
    Map<String, String> versions = new LinkedHashMap<>();
    String own = ProcessGroup.class.getPackage().getImplementationVersion();
    versions.put("Trainer4J", own == null ? "development" : own);
    versions.put("Java", System.getProperty("java.version"));
    versions.put("DJL", String.valueOf(Engine.getDjlVersion()));
    versions.put("libtorch", TorchEngine.get().getVersion());
    return versions;
  }
}
