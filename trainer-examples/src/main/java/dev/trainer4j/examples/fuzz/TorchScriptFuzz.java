// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import ai.djl.Device;
import dev.trainer4j.examples.TrainTorchScript;
import dev.trainer4j.model.TorchScriptModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** TorchScript archives: their zip, sources and pickles. What is loaded is a program, and is not run. */
final class TorchScriptFuzz implements FuzzTarget {

  private Map<String, byte[]> good = Map.of();

  @Override
  public void prepare(Path folder) throws IOException {
    try (InputStream file = TrainTorchScript.class.getResourceAsStream("classifier.pt")) {
      Path archive = folder.resolve("good.pt");
      Files.write(archive, Objects.requireNonNull(file, "classifier.pt").readAllBytes());
      good = ArchiveDamage.entries(archive);
    }
  }

  @Override
  public void run(Random random, Path folder) throws IOException {
    Path file = Files.write(folder.resolve("model.pt"), ArchiveDamage.damage(good, random));
    TorchScriptModel.load(file, Device.cpu(), "x").close();
  }
}
