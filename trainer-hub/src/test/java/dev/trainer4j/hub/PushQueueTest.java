// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PushQueueTest {

  @Test
  void whateverAPushFailsWithIsNamedAndTheNextOneRuns() throws IOException {
    List<String> ran = new ArrayList<>();
    try (PushQueue queue = new PushQueue()) {
      queue.submit(
          "step 1",
          () -> {
            throw new NoClassDefFoundError("gone");
          });
      queue.submit("step 2", () -> ran.add("step 2"));
      queue.await();

      assertThat(queue.failures()).containsExactly("'step 1': gone");
      assertThat(queue.isBusy()).isFalse();
    }
    assertThat(ran).containsExactly("step 2");
  }
}
