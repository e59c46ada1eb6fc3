// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import java.util.Set;

/** DJL's PyTorch engine, or why it is not there. */
public final class TorchEngine {

  private static final String NAME = "PyTorch";

  /** With it DJL runs TorchScript on streams of a pool that nothing orders. */
  private static final String STREAMS = "ai.djl.pytorch.enable_cuda_stream";

  private TorchEngine() {}

  /**
   * Returns the engine; the first call loads libtorch.
   *
   * @throws IllegalStateException if libtorch cannot be loaded; if DJL finds no such engine, as in a jar made of several that has lost files of {@code
   *     META-INF/services}, or if its property {@code ai.djl.pytorch.enable_cuda_stream} is set, with which an update
   *     would race with the backward pass before it
   */
  public static Engine get() {
    if (Boolean.getBoolean(STREAMS)) {
      throw new IllegalStateException(
          "-D"
              + STREAMS
              + "=true lets DJL run an update and the backward pass before it at the same time on a GPU, which"
              + " gives wrong weights without an error: leave it out");
    }
    if (!Engine.hasEngine(NAME)) {
      throw missing(Engine.getAllEngines());
    }
    try {
      return Engine.getEngine(NAME);
    } catch (EngineException e) {
      throw new IllegalStateException(unloadable(e), e);
    }
  }

  private static String unloadable(EngineException failure) {
    StringBuilder reasons = new StringBuilder(EngineMessage.reason(failure));
    for (Throwable t = failure.getCause(); t != null; t = t.getCause()) {
      reasons.append(": ").append(EngineMessage.reason(t));
    }
    return "libtorch cannot be loaded ("
        + reasons
        + "). For a CPU add ai.djl.pytorch:pytorch-jni and pytorch-native-cpu, with the classifier of this platform, as"
        + " in the README. For a GPU leave pytorch-native-cpu out, and set both PYTORCH_LIBRARY_PATH ("
        + environment("PYTORCH_LIBRARY_PATH")
        + ") and PYTORCH_FLAVOR ("
        + environment("PYTORCH_FLAVOR")
        + "), or let DJL download it once: docs/gpu.md";
  }

  static String environment(String name) {
    String value = System.getenv(name);
    return value == null ? "now not set" : "now " + value;
  }

  private static IllegalStateException missing(Set<String> others) {
    return new IllegalStateException(
        "DJL finds no engine '"
            + NAME
            + "', but "
            + (others.isEmpty() ? "none at all" : others)
            + ", although its classes are here: META-INF/services/ai.djl.engine.EngineProvider names it in"
            + " trainer-core and in ai.djl.pytorch:pytorch-engine. A jar made of several must join such files: with"
            + " the maven-shade-plugin by ServicesResourceTransformer, with Gradle's shadow plugin by"
            + " mergeServiceFiles(). In a container, the thread's context class loader must see these jars");
  }
}
