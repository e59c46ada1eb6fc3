// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.Quoted;
import dev.trainer4j.checkpoint.TensorFile;
import dev.trainer4j.checkpoint.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tensors of a state dictionary that {@code torch.save} wrote.
 *
 * <p>Opening reads names and shapes, and holds each tensor against the length of its storage. The
 * elements are read when they are asked for, one tensor at a time, and compared with the file's
 * checksum of their storage first.
 */
final class StateDictFile implements TensorFile {
  private static final Logger LOGGER = LoggerFactory.getLogger(StateDictFile.class);
  private static final int SHOWN = 5;

  private static final String REMEDY =
      ". Fetch the file again if it is damaged; else, if you trust it, open the folder in Python once"
          + " and save it with save_pretrained, as safetensors";

  private final Path path;
  private final TorchFile file;
  private final Map<String, TorchTensor> tensors;

  private StateDictFile(Path path, TorchFile file) throws IOException {
    this.path = path;
    this.file = file;
    tensors = Collections.unmodifiableMap(tensors());
  }

  static StateDictFile open(Path path) throws IOException {
    try {
      TorchFile file = TorchFile.open(path);
      try {
        return new StateDictFile(path, file);
      } catch (Throwable e) {
        file.close();
        throw e;
      }
    } catch (TorchFileException e) {
      throw named(path, e);
    }
  }

  private static TorchFileException named(Path path, TorchFileException e) {
    return new TorchFileException(path + ": " + e.getMessage() + REMEDY, e);
  }

  private Map<String, TorchTensor> tensors() throws IOException {
    if (!(file.value() instanceof Map<?, ?> root)) {
      throw new TorchFileException("holds no state dictionary");
    }
    Map<String, TorchTensor> found = new LinkedHashMap<>();
    List<String> others = new ArrayList<>();
    for (Map.Entry<?, ?> entry : root.entrySet()) {
      if (entry.getKey() instanceof String name && entry.getValue() instanceof TorchTensor tensor) {
        file.requireStorage(tensor);
        found.put(name, tensor);
      } else if (others.size() < SHOWN) {
        others.add(Quoted.of(String.valueOf(entry.getKey())));
      }
    }
    if (found.isEmpty()) {
      throw new TorchFileException(
          "holds no tensor by its name"
              + (others.isEmpty()
                  ? ": it is empty"
                  : ", but " + String.join(", ", others) + ": is it a whole training state?"));
    }
    if (!others.isEmpty()) {
      LOGGER.warn("{} also holds what is no tensor, and is left aside: {}", path, others);
    }
    return found;
  }

  @Override
  public Path source() {
    return path;
  }

  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public TensorInfo info(String name) throws TorchFileException {
    TorchTensor tensor = tensor(name);
    return new TensorInfo(
        name,
        tensor.storage().type(),
        tensor.arrayShape(),
        file.position(tensor),
        tensor.byteLength());
  }

  @Override
  public ByteBuffer bytes(String name) throws IOException {
    TorchTensor tensor = tensor(name);
    try {
      return file.bytes(tensor);
    } catch (TorchFileException e) {
      throw of(name, e);
    }
  }

  @Override
  public NDArray read(String name, NDManager manager) throws IOException {
    TorchTensor tensor = tensor(name);
    try {
      return file.read(tensor, manager);
    } catch (TorchFileException e) {
      throw of(name, e);
    }
  }

  private TorchFileException of(String name, TorchFileException e) {
    return named(
        path, new TorchFileException("tensor " + Quoted.of(name) + ": " + e.getMessage(), e));
  }

  private TorchTensor tensor(String name) throws TorchFileException {
    TorchTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new TorchFileException(
          path + ": has no tensor " + Quoted.of(name) + " among its " + tensors.size());
    }
    return tensor;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
