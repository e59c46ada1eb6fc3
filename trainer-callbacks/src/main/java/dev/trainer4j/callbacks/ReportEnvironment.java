// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.model.NamedParameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a run's speed and figures depend on besides its arguments. */
final class ReportEnvironment {

  private ReportEnvironment() {}

  static List<Map<String, String>> of(CallbackContext ctx) {
    List<Map<String, String>> rows = new ArrayList<>();
    Engine engine = Engine.getEngine("PyTorch");
    Device device = ctx.model().manager().getDevice();
    Runtime runtime = Runtime.getRuntime();
    String version = ReportEnvironment.class.getPackage().getImplementationVersion();
    add(rows, "Trainer4J", version == null ? "not from a jar" : version);
    add(rows, "DJL", String.valueOf(Engine.getDjlVersion()));
    add(rows, "libtorch", engine.getVersion());
    add(rows, "device", device.toString());
    add(
        rows,
        "threads of libtorch",
        JniUtils.getNumThreads() + ", between operators " + JniUtils.getNumInteropThreads());
    add(
        rows,
        "trainable parameters",
        ReportNumbers.format(
            "%,d",
            ctx.model().parameters().stream()
                .map(NamedParameter::array)
                .mapToLong(array -> array.size())
                .sum()));
    add(
        rows,
        "Java",
        System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
    add(rows, "largest heap", ReportNumbers.bytes(runtime.maxMemory()));
    add(rows, "processors", String.valueOf(runtime.availableProcessors()));
    add(
        rows,
        "system",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"));
    return rows;
  }

  private static void add(List<Map<String, String>> rows, String name, String value) {
    rows.add(Map.of("name", name, "value", value));
  }
}
