// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Writing and reading a file of 16 tensors of 1024 x 1024 float32: 64 MiB. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class SafetensorsBenchmark {

  private final Map<String, NDArray> tensors = new LinkedHashMap<>();
  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private Path folder = Path.of("");

  /** Makes the tensors and a file of them. */
  @Setup
  public void setUp() throws IOException {
    folder = Files.createTempDirectory("safetensors");
    for (int i = 0; i < 16; i++) {
      tensors.put("layer." + i, manager.randomNormal(new Shape(1024, 1024)));
    }
    SafetensorsWriter.write(file("read"), tensors);
  }

  private Path file(String name) {
    return folder.resolve(name + ".safetensors");
  }

  /** Writes the file. */
  @Benchmark
  public Path write() throws IOException {
    SafetensorsWriter.write(file("written"), tensors);
    return file("written");
  }

  /** Reads every tensor. */
  @Benchmark
  public long read() throws IOException {
    long elements = 0;
    try (SafetensorsFile file = SafetensorsFile.open(file("read"));
        NDManager owner = manager.newSubManager()) {
      for (String name : file.names()) {
        elements += file.read(name, owner).size();
      }
    }
    return elements;
  }

  /** Deletes the files. */
  @TearDown
  public void tearDown() throws IOException {
    manager.close();
    Files.deleteIfExists(file("read"));
    Files.deleteIfExists(file("written"));
    Files.delete(folder);
  }
}
