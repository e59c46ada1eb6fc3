// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A TorchScript file, loaded so that it can be trained. */
public final class TorchScriptModule implements AutoCloseable {

  private final PtSymbolBlock block;
  private final NDList parameters;

  private TorchScriptModule(PtSymbolBlock block, NDManager manager) {
    this.block = block;
    parameters = JniUtils.moduleGetParams(block, (PtNDManager) manager);
  }

  /**
   * Loads {@code file} onto the device of {@code manager}, with its training mode on.
   *
   * @throws IOException if there is no such file, or libtorch cannot load it
   */
  public static TorchScriptModule load(Path file, NDManager manager) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("there is no TorchScript file " + file);
    }
    TorchScriptCheck.check(file);
    try (PlainArchive plain = PlainArchive.of(file)) {
      PtSymbolBlock block =
          JniUtils.loadModule(
              (PtNDManager) manager, plain.file(), true, new String[0], new String[0], true);
      // The loader switches to evaluation mode while DJL believes training to be on; without this
      // the first training pass would run without dropout.
      JniUtils.enableTrainingMode(block);
      return new TorchScriptModule(block, manager);
    } catch (EngineException e) {
      throw new IOException(file + " is no TorchScript file that this libtorch can load", e);
    }
  }

  /** Returns the parameters by their PyTorch names, sharing the module's memory. */
  public NDList parameters() {
    return parameters;
  }

  /**
   * Runs the module's {@code forward}; a dictionary comes back as named arrays.
   *
   * <p>Evaluation does not go through DJL's own switch: that runs in libtorch's inference mode, whose
   * tensors the graphs that training has compiled refuse. It is evaluation mode for dropout and the
   * like; whether gradients are recorded is the caller's.
   */
  public NDList forward(NDList inputs, boolean training) {
    if (training) {
      return ScriptCalls.forward(block, inputs);
    }
    JniUtils.enableInferenceMode(block);
    try {
      return ScriptCalls.forward(block, inputs);
    } finally {
      JniUtils.enableTrainingMode(block);
    }
  }

  /** Writes the module as it is now, buffers included; a symbolic link of that name is replaced, not followed. */
  public void save(Path file) throws IOException {
    if (Files.isSymbolicLink(file)) {
      Files.delete(file);
    }
    try (OutputStream out =
        new BufferedOutputStream(
            Files.newOutputStream(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS))) {
      JniUtils.writeModule(block, out, false);
    }
  }

  @Override
  public void close() {
    parameters.forEach(NDArray::close);
    block.close();
  }
}
