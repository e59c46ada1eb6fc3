// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every family and head computes the same in its first pass and in later ones, in the thread that has loaded
 * it and in another, in this process and in a new one: outputs, losses and gradients, to the bit.
 */
class ExactPassesTest {

  private static final Executor OTHER_THREAD = body -> new Thread(body, "another").start();

  /** What a new process has computed: for each model the two passes. */
  private static final Map<String, List<String>> ELSEWHERE = new LinkedHashMap<>();

  @BeforeAll
  static void computeInANewProcess() throws Exception {
    Process child =
        new ProcessBuilder(ChildJvm.command(Passes.class)).redirectErrorStream(true).start();
    StringBuilder all = new StringBuilder();
    try (var out = child.inputReader(StandardCharsets.UTF_8)) {
      out.lines()
          .forEach(
              line -> {
                all.append(line).append('\n');
                String[] fields = line.split("\t");
                if (fields[0].equals("pass")) {
                  ELSEWHERE.put(fields[1], List.of(fields[2], fields[3]));
                }
              });
    }
    assertThat(child.waitFor()).as(all.toString()).isZero();
  }

  static List<String> models() {
    return ParityModels.all();
  }

  @ParameterizedTest
  @MethodSource("models")
  void passesDependOnNothingThatWasBefore(String name) throws Exception {
    try (PretrainedModel model = ParityModels.load(name)) {
      Map<String, Integer> trained = Passes.trained(model, name);
      Map<String, Integer> run = Passes.run(model, name);
      for (int again = 0; again < 2; again++) {
        assertThat(Passes.trained(model, name)).isEqualTo(trained);
        assertThat(Passes.run(model, name)).isEqualTo(run);
        assertThat(elsewhere(() -> Passes.trained(model, name))).isEqualTo(trained);
        assertThat(elsewhere(() -> Passes.run(model, name))).isEqualTo(run);
      }
      assertThat(ELSEWHERE.get(name)).containsExactly(trained.toString(), run.toString());
    }
  }

  private static <R> R elsewhere(java.util.function.Supplier<R> body) throws Exception {
    return CompletableFuture.supplyAsync(body, OTHER_THREAD).get();
  }
}
