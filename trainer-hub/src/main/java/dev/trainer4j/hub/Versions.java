// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import ai.djl.engine.Engine;
import dev.trainer4j.Trainer;

/** What a run was made with. */
final class Versions {
  private Versions() {}

  static String list() {
    return line("Trainer4J", version(Trainer.class))
        + line("DJL", Engine.getDjlVersion())
        + line("PyTorch", torch())
        + line("Java", System.getProperty("java.version"));
  }

  private static String line(String name, String version) {
    return "- " + name + " " + version + "\n";
  }

  private static String version(Class<?> type) {
    String version = type.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  private static String torch() {
    return Engine.hasEngine("PyTorch") ? Engine.getEngine("PyTorch").getVersion() : "none";
  }
}
