// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.pytorch.jni.LibUtils;
import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Deterministic kernels only, as {@code torch.use_deterministic_algorithms(True)}: an operator that has none
 * is an error.
 *
 * <p>On a GPU it reaches cuDNN's convolutions, which then take deterministic algorithms, and the fused attentions: their
 * backward passes add up in a fixed order, and cuDNN's own attention is not taken. cuBLAS is told in the environment.
 *
 * <p>libtorch keeps the switch for the whole process. It is on while anybody needs it, and what it was
 * before is put back when the last one closes.
 */
public final class Determinism implements AutoCloseable {

  private static final String CUBLAS = "CUBLAS_WORKSPACE_CONFIG";

  private static final String BENCHMARK = "ai.djl.pytorch.cudnn_benchmark";

  private static final Pattern NO_KERNEL =
      Pattern.compile("(\\S+) does not have a deterministic implementation");

  /** How many need it now. */
  private static int users;

  private static boolean before;
  private boolean open = true;

  private Determinism() {}

  /**
   * Switches nondeterministic kernels off until closed.
   *
   * @throws IllegalArgumentException if this libtorch cannot be told, or a GPU's libraries have not been told
   *     in the environment
   */
  public static synchronized Determinism on(Device device) {
    String cublas = System.getenv(CUBLAS);
    if (device.isGpu() && !":4096:8".equals(cublas) && !":16:8".equals(cublas)) {
      throw new IllegalArgumentException(
          "fullDeterminism: cuBLAS is deterministic only if "
              + CUBLAS
              + " is :4096:8 or :16:8 when the process starts, but it is "
              + cublas
              + "; set it, or leave fullDeterminism out");
    }
    if (device.isGpu() && Boolean.getBoolean(BENCHMARK)) {
      throw new IllegalArgumentException(
          "fullDeterminism: -D"
              + BENCHMARK
              + "=true lets cuDNN choose the algorithm that was fastest this time; leave it out");
    }
    if (users == 0) {
      before = isOn();
      set(true);
    }
    users++;
    return new Determinism();
  }

  /** Runs {@code body}, and says what is to be done where an operator is refused. */
  public static <T> T explaining(Supplier<T> body) {
    try {
      return body.get();
    } catch (EngineException e) {
      Matcher found = NO_KERNEL.matcher(String.valueOf(e.getMessage()));
      if (found.find()) {
        throw new IllegalStateException(
            "fullDeterminism: the operator "
                + found.group(1)
                + " has no deterministic kernel here; let the model do without it, or leave"
                + " fullDeterminism out",
            e);
      }
      throw e;
    }
  }

  private static boolean isOn() {
    Object on =
        function("_ZNK2at7Context23deterministicAlgorithmsEv")
            .invoke(Boolean.class, new Object[] {context()});
    return Boolean.TRUE.equals(on);
  }

  private static void set(boolean on) {
    function("_ZN2at7Context26setDeterministicAlgorithmsEbb")
        .invokeVoid(new Object[] {context(), on, false});
  }

  private static Pointer context() {
    return function("_ZN2at13globalContextEv").invokePointer(new Object[0]);
  }

  /** C++'s names of {@code at::Context}'s functions, as compilers for Linux and macOS write them. */
  private static Function function(String name) {
    try {
      Path folder = Path.of(LibUtils.getLibtorchPath());
      String library = System.mapLibraryName("torch_cpu");
      return NativeLibrary.getInstance(folder.resolve(library).toString()).getFunction(name);
    } catch (LinkageError e) {
      throw new IllegalArgumentException(
          "fullDeterminism: this libtorch ("
              + LibUtils.getVersion()
              + ") cannot be told to use deterministic kernels only: "
              + e.getMessage()
              + "; leave it out",
          e);
    }
  }

  @Override
  public void close() {
    synchronized (Determinism.class) {
      if (open) {
        open = false;
        users--;
        if (users == 0) {
          set(before);
        }
      }
    }
  }
}
