// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The short form of the campaign: whatever a file holds, the answer is a result or an exception that names it. */
class FuzzCampaignTest {

  /** A busy machine is no finding. */
  private static final int PATIENCE = 60;

  private final Path folder;

  FuzzCampaignTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @CsvSource({
    "tokenizers, 400",
    "configurations, 60",
    "checkpoints, 400",
    "data, 400",
    "adapters, 200"
  })
  void nothingEndsHangsOrComesOutBare(String target, int inputs) throws Exception {
    FuzzCampaign campaign = new FuzzCampaign(20_260_131, PATIENCE, folder);

    campaign.run(target, inputs);

    assertThat(campaign.findings()).isEmpty();
    // Some are refused, and some hold what can be read all the same.
    assertThat(campaign.refused()).isBetween(inputs / 10L, inputs - 1L);
  }
}
