// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The generator belongs to the process: threads that draw within {@code Seeds.with} take turns. */
class SeedsTest {

  private static List<Double> draw(NDManager manager) {
    try (NDArray drawn = manager.randomNormal(new Shape(4))) {
      return Values.of(drawn);
    }
  }

  /** The other thread asks to draw while this one is between two draws, and has to wait. */
  @Test
  void anotherThreadThatDrawsWithinItsOwnSeedChangesNothing() throws InterruptedException {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      List<Double> alone =
          Seeds.with(
              5,
              () -> {
                List<Double> both = new ArrayList<>(draw(manager));
                both.addAll(draw(manager));
                return both;
              });
      CountDownLatch asked = new CountDownLatch(1);
      CountDownLatch drawn = new CountDownLatch(1);
      Thread other =
          new Thread(
              () -> {
                asked.countDown();
                Seeds.with(
                    6,
                    () -> {
                      try (NDManager own = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
                        draw(own);
                      }
                      drawn.countDown();
                      return null;
                    });
              });
      List<Double> disturbed =
          Seeds.with(
              5,
              () -> {
                List<Double> both = new ArrayList<>(draw(manager));
                other.start();
                try {
                  asked.await();
                  assertThat(drawn.await(50, TimeUnit.MILLISECONDS)).isFalse();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                both.addAll(draw(manager));
                return both;
              });
      other.join();

      assertThat(disturbed).isEqualTo(alone);
      assertThat(drawn.getCount()).isZero();
    }
  }
}
