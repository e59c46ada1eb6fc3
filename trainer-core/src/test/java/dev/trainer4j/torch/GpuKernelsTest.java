// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The ways that kernels take on a GPU, taken on the CPU: they must give what the CPU's own way gives. */
@Tag("cpu") // it holds the ways of a GPU to those of the CPU
class GpuKernelsTest {

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray parameter(NDArray values) {
    values.setRequiresGradient(true);
    return values;
  }

  /** Two parameters that get one array, one that gets a turned one, and a scalar that gets the seed itself. */
  private List<float[]> gradients(boolean copies, int passes) {
    NDArray a = parameter(manager.arange(6f).reshape(2, 3).add(1));
    NDArray b = parameter(manager.ones(new Shape(2, 3)));
    NDArray turned = parameter(manager.arange(6f).reshape(3, 2).add(2));
    NDArray scalar = parameter(manager.create(3f));
    NDArray unused = parameter(manager.create(1f));
    List<float[]> found = new ArrayList<>();
    try (FreshGradients fresh = new FreshGradients(List.of(a, b, turned, scalar, unused), copies);
        Autograd autograd = new Autograd()) {
      for (int pass = 0; pass < passes; pass++) {
        try (Autograd.Recording on = Autograd.record(true)) {
          NDArray sum = a.add(b);
          NDArray loss = sum.mul(turned.transpose()).sum().add(scalar);
          autograd.backward(loss, 2, fresh);
        }
      }
      // As an update does: it writes into each.
      try (IValue half = IValue.from(0.5)) {
        Kernels.shared().run("multiply", fresh.value(), half);
      }
      for (NDArray array : fresh.value().toNDList((PtNDManager) manager)) {
        found.add(array.toFloatArray());
      }
    }
    return found;
  }

  @Test
  void gradientsThatShareAnArrayAreCopiesOfTheirOwn() {
    for (int passes = 1; passes <= 2; passes++) {
      List<float[]> lazy = gradients(false, passes);
      List<float[]> copied = gradients(true, passes);
      float n = passes;
      assertThat(copied.get(0)).containsExactly(2 * n, 4 * n, 6 * n, 3 * n, 5 * n, 7 * n);
      assertThat(copied.get(1)).containsExactly(copied.get(0));
      assertThat(copied.get(2)).containsExactly(2 * n, 5 * n, 3 * n, 6 * n, 4 * n, 7 * n);
      assertThat(copied.get(3)).containsExactly(n);
      assertThat(copied.get(4)).isEmpty();
      for (int i = 0; i < copied.size(); i++) {
        assertThat(copied.get(i)).containsExactly(lazy.get(i));
      }
    }
  }

  @Test
  void oneReadGivesTheNormTheLossesAndTheWeights() {
    List<NDArray> gradients = List.of(manager.create(new float[] {3, 4}), manager.create(12f));
    List<NDArray> losses =
        List.of(manager.create(1.5f), manager.create(new float[] {2}), manager.create(0.25));
    List<NDArray> weights = List.of(manager.create(7L), manager.create(2f));
    try (IValue grads = Kernels.list(gradients);
        IValue lossList = Kernels.list(losses);
        IValue weightList = Kernels.list(weights)) {
      assertThat(Kernels.shared().numbers("sums_at_once", grads, lossList, weightList))
          .containsExactly(13, 3.75, 9);
    }
  }

  @Test
  void countsOfWhatIsNotFiniteComeTogether() {
    NDArray first = manager.create(new float[] {1, Float.NaN, Float.NEGATIVE_INFINITY});
    NDArray second = manager.create(new double[] {Double.POSITIVE_INFINITY, 1});
    assertThat(TorchFunctions.nonFinite(List.of(first, second, manager.create(1f))))
        .isDeepEqualTo(new long[][] {{1, 1}, {0, 1}, {0, 0}});
  }

  @Test
  void aSeedIsMadeWithoutANumberThatGoesToTheDevice() {
    for (double factor : new double[] {1, 65536, 0.1}) {
      NDArray weight = parameter(manager.create(new double[] {2}));
      try (Autograd.Recording on = Autograd.record(true);
          Autograd autograd = new Autograd()) {
        autograd.backward(weight.mul(3).sum(), factor, null);
      }
      assertThat(weight.getGradient().getDouble()).isEqualTo(3 * factor, within(0.0));
    }
  }

  @Test
  void anUploadIsACopyOfEachTypeThatNoScopeOwns() {
    NDArray matrix = manager.create(new long[] {1, 2, 3, 4}, new Shape(2, 2));
    NDArray flags = manager.create(new boolean[] {true, false});
    NDArray turned = manager.arange(6f).reshape(2, 3).transpose();
    matrix.setName("kept");
    List<NDArray> copies;
    NDManager owner = manager.newSubManager();
    try (ArrayScope scope = ArrayScope.open()) {
      copies = TorchFunctions.upload(List.of(matrix, flags, turned), owner, false);
    }
    matrix.subi(1);
    assertThat(matrix.getName()).isEqualTo("kept");
    assertThat(copies.get(0).toLongArray()).containsExactly(1, 2, 3, 4);
    assertThat(copies.get(0).getShape()).isEqualTo(new Shape(2, 2));
    assertThat(copies.get(1).getDataType()).isEqualTo(DataType.BOOLEAN);
    assertThat(copies.get(2).toFloatArray()).containsExactly(0, 3, 1, 4, 2, 5);
    assertThat(copies).allMatch(copy -> copy.getManager() == owner);
    NDArray parameter = parameter(manager.ones(new Shape(2, 2)));
    try (Autograd.Recording on = Autograd.record(true)) {
      // What inference mode made could not be kept for a backward pass.
      NDList sum = new NDList(parameter.mul(copies.get(0)).sum());
      ai.djl.pytorch.jni.JniUtils.backward(
          (PtNDArray) sum.head(), (PtNDArray) sum.head().onesLike(), false, false);
    }
    assertThat(parameter.getGradient().toFloatArray()).containsExactly(1, 2, 3, 4);
  }
}
