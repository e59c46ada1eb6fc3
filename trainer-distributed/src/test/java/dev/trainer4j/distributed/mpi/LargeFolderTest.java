// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A folder that is trained without any rank holding all of it, in memory as Linux counts it. */
@Timeout(300)
@EnabledOnOs(OS.LINUX)
class LargeFolderTest {

  private static final int RANKS = 4;

  /** Of 13.6 MB; a matrix has at least 1 MB, so that its memory goes back to the system. */
  private static final int LAYERS = 11;

  @TempDir Path folder;

  private Path written(String name, int width, int layers) throws IOException {
    Map<String, Object> config =
        Map.of(
            "model_type",
            "llama",
            "vocab_size",
            512,
            "hidden_size",
            width,
            "num_hidden_layers",
            layers,
            "num_attention_heads",
            4,
            "intermediate_size",
            3 * width,
            "tie_word_embeddings",
            false);
    Path target = folder.resolve(name);
    LoadOptions options = LoadOptions.defaults().withDevice(Device.cpu());
    try (PretrainedModel model =
        AutoModels.fromConfig(PretrainedConfig.of(config), Task.CAUSAL_LM, options)) {
      model.save(target);
    }
    return target;
  }

  private static double megabytes(String output, String what) {
    Matcher matcher = Pattern.compile("rank \\d: " + what + " (-?[0-9.]+) MB").matcher(output);
    double most = Double.NEGATIVE_INFINITY;
    int count = 0;
    while (matcher.find()) {
      most = Math.max(most, Double.parseDouble(matcher.group(1)));
      count++;
    }
    assertThat(count).as("%s in %s", what, output).isEqualTo(RANKS);
    return most;
  }

  @Test
  void noRankEverHoldsAFolderThatIsTrainedByShares() throws Exception {
    Path small = written("small", 16, 2);
    Path large = written("large", 512, LAYERS);
    double whole = Files.size(large.resolve("model.safetensors")) / 1e6;
    double layer = whole / LAYERS;
    assertThat(whole).isBetween(120.0, 200.0);

    Mpirun.Ended ended =
        Mpirun.of(RANKS, folder)
            .jvm("-Xms48m", "-Xmx48m", "-XX:+AlwaysPreTouch") // A heap that does not grow.
            .run(LargeFolderMain.class, small, large, folder.resolve("out"));

    assertThat(ended.exitCode()).as(ended.output()).isZero();
    // Shares of parameters and gradients, a layer with its gradients, which the first pass has
    // twice, and what
    // Open MPI adds up in: the formula of docs/distributed.md.
    double formula = 2 * whole / RANKS + 3 * layer + 8;
    assertThat(megabytes(ended.output(), "deferred trained"))
        .as(ended.output())
        .isLessThan(1.1 * formula)
        .isLessThan(whole);
    assertThat(megabytes(ended.output(), "whole trained")).isGreaterThan(whole);
    assertThat(megabytes(ended.output(), "deferred saved")).isLessThan(1.2 * layer);
    assertThat(Files.size(folder.resolve("out/deferred/model.safetensors")))
        .isEqualTo(Files.size(large.resolve("model.safetensors")));
    assertThat(
            Files.mismatch(
                folder.resolve("out/deferred/model.safetensors"),
                folder.resolve("out/whole/model.safetensors")))
        .isEqualTo(-1);
  }
}
