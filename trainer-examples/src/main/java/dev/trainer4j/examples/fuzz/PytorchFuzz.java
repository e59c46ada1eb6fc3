// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.pytorch.PytorchWeights;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** PyTorch's own files of weights, {@code pytorch_model.bin}. */
final class PytorchFuzz implements FuzzTarget {

  private static final String FILE = "pytorch_model.bin";

  /** A dictionary with the matrix {@code weight} of two by three and the vector {@code bias} of three. */
  private static final String PICKLE =
      "\u0080\u0002}q\u0000("
          + tensor("weight", "0", 6, "K\u0002K\u0003\u0086", "K\u0003K\u0001\u0086")
          + tensor("bias", "1", 3, "K\u0003\u0085", "K\u0001\u0085")
          + "u.";

  private Map<String, byte[]> good = Map.of();

  private static String tensor(
      String name, String storage, int elements, String shape, String strides) {
    return text(name)
        + "ctorch._utils\n_rebuild_tensor_v2\n(("
        + text("storage")
        + "ctorch\nFloatStorage\n"
        + text(storage)
        + text("cpu")
        + "K"
        + (char) elements
        + "tQK\u0000"
        + shape
        + strides
        + "\u0089ccollections\nOrderedDict\n)RtR";
  }

  private static String text(String value) {
    return "X" + (char) value.length() + "\u0000\u0000\u0000" + value;
  }

  @Override
  public void prepare(Path folder) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("model/data.pkl", PICKLE.getBytes(StandardCharsets.ISO_8859_1));
    entries.put("model/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    entries.put("model/data/0", new byte[24]);
    entries.put("model/data/1", new byte[12]);
    entries.put("model/version", "3\n".getBytes(StandardCharsets.US_ASCII));
    good = entries;
    Files.write(folder.resolve(FILE), ArchiveDamage.archive(entries));
    if (read(folder) != 2) {
      throw new IllegalStateException("the good file does not hold two tensors");
    }
  }

  @Override
  public void run(Random random, Path folder) throws IOException {
    Files.write(folder.resolve(FILE), ArchiveDamage.damage(good, random));
    int unused = read(folder);
  }

  private static int read(Path folder) throws IOException {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        ModelTensors tensors = ModelTensors.openPretrained(folder, PytorchWeights.FORMAT)) {
      for (String name : tensors.names()) {
        tensors.read(name, manager);
      }
      return tensors.names().size();
    }
  }
}
