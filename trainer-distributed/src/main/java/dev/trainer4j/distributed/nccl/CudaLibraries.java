// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.nccl;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import dev.trainer4j.torch.NativeTensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The libraries of a GPU in this process. libtorch's build for CUDA has loaded them, so a look into it, and into what it
 * needs, finds CUDA's runtime under whatever file name, and NCCL where it is a part of it.
 */
final class CudaLibraries {

  /** Names NCCL's file where it is neither in libtorch nor where the system looks. */
  static final String PROPERTY = "trainer4j.nccl.library";

  private static final Logger LOG = LoggerFactory.getLogger(CudaLibraries.class);

  private static final String PROBE = "ncclCommInitRank";

  private CudaLibraries() {}

  /**
   * Binds {@link Nccl} and {@link Cuda}.
   *
   * @param libtorch the folder with {@code libtorch_cuda}
   * @throws IllegalStateException if libtorch is a build for the CPU, or there is no NCCL; the message says what to do
   */
  static void bind(Path libtorch) {
    Path file = libtorch.resolve(System.mapLibraryName("torch_cuda"));
    if (!Files.exists(file)) {
      throw new IllegalStateException(
          "libtorch in "
              + libtorch
              + " is a build for the CPU, which has no tensors on GPUs to exchange: docs/gpu.md"
              + " says how to get one for CUDA");
    }
    NativeLibrary torch = NativeLibrary.getInstance(file.toString());
    NativeLibrary nccl = nccl(torch, libtorch);
    Cuda.bind(torch);
    Nccl.bind(nccl);
    LOG.debug("NCCL {} of {}", Nccl.version(), nccl.getFile());
  }

  /** The one of this process's libtorch. */
  static void bind() {
    bind(NativeTensors.libtorch());
  }

  private static NativeLibrary nccl(NativeLibrary torch, Path libtorch) {
    String given = System.getProperty(PROPERTY);
    if (given == null && has(torch)) {
      return torch;
    }
    List<String> reasons = new ArrayList<>();
    for (String name : given == null ? places(libtorch) : List.of(given)) {
      try {
        NativeLibrary library = NativeLibrary.getInstance(name);
        if (has(library)) {
          return library;
        }
        reasons.add(name + " has no " + PROBE);
      } catch (UnsatisfiedLinkError e) {
        reasons.add(String.valueOf(e.getMessage()).lines().findFirst().orElse(name));
      }
    }
    throw new IllegalStateException(
        "there is no NCCL to exchange tensors on GPUs with ("
            + String.join("; ", reasons)
            + "). Use a libtorch with NCCL, install it (libnccl2), or name its file with -D"
            + PROPERTY
            + "=/path/to/libnccl.so.2");
  }

  /** Beside libtorch's folder, where Python's packages have it, then where the system looks. */
  private static List<String> places(Path libtorch) {
    List<String> places = new ArrayList<>();
    Path packages = libtorch.resolve("../../nvidia/nccl/lib/libnccl.so.2").normalize();
    if (Files.exists(packages)) {
      places.add(packages.toString());
    }
    places.add("libnccl.so.2");
    return places;
  }

  private static boolean has(NativeLibrary library) {
    try {
      Function function = library.getFunction(PROBE);
      return function != null;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }
}
