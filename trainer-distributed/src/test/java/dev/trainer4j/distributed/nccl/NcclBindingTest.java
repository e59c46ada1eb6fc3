// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.nccl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.sun.jna.Callback;
import com.sun.jna.CallbackReference;
import com.sun.jna.Function;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import dev.trainer4j.torch.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How arguments reach NCCL, and what is said where it is missing. */
class NcclBindingTest {

  /** A function of the shape of ncclCommInitRank. */
  interface InitRank extends Callback {
    int invoke(Pointer comm, int ranks, Nccl.UniqueId.ByValue id, int rank);
  }

  @Test
  void anIdIsAsLargeAsNcclsHeaderSays() {
    assertThat(new Nccl.UniqueId().size()).isEqualTo(128);
    assertThat(new Nccl.UniqueId.ByValue().size()).isEqualTo(128);
  }

  @Test
  void theWholeIdArrivesBetweenItsNeighbours() {
    byte[] bytes = new byte[Nccl.UNIQUE_ID_BYTES];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 7 + 1);
    }
    byte[] arrived = new byte[Nccl.UNIQUE_ID_BYTES];
    InitRank callee =
        (comm, ranks, id, rank) -> {
          System.arraycopy(id.internal, 0, arrived, 0, arrived.length);
          comm.setLong(0, 0x1234_5678_9abcL);
          return ranks * 100 + rank;
        };
    PointerByReference comm = new PointerByReference();

    int result =
        Function.getFunction(CallbackReference.getFunctionPointer(callee))
            .invokeInt(new Object[] {comm, 4, Nccl.UniqueId.ByValue.of(bytes), 3});

    assertThat(result).isEqualTo(403);
    assertThat(arrived).isEqualTo(bytes);
    assertThat(Pointer.nativeValue(comm.getValue())).isEqualTo(0x1234_5678_9abcL);
  }

  @Tag("cpu") // It is about libtorch's build for the CPU.
  @Test
  void aLibtorchForTheCpuIsRefusedWithWhatToDo() {
    assertThatIllegalStateException()
        .isThrownBy(CudaLibraries::bind)
        .withMessageContaining("is a build for the CPU")
        .withMessageContaining("docs/gpu.md");
  }

  @Test
  void whereNcclIsMissingTheMessageSaysWhatToInstall(@TempDir Path folder) throws IOException {
    // A library of the name that a build for CUDA has, without NCCL in it.
    Files.createSymbolicLink(
        folder.resolve(System.mapLibraryName("torch_cuda")),
        NativeTensors.libtorch().resolve(System.mapLibraryName("c10")));
    Path none = folder.resolve("libnccl.so.2");
    System.setProperty(CudaLibraries.PROPERTY, none.toString());
    try {
      assertThatIllegalStateException()
          .isThrownBy(() -> CudaLibraries.bind(folder))
          .withMessageContaining("there is no NCCL to exchange tensors on GPUs with")
          .withMessageContaining(none.toString())
          .withMessageContaining("-Dtrainer4j.nccl.library=");
    } finally {
      System.clearProperty(CudaLibraries.PROPERTY);
    }
  }
}
