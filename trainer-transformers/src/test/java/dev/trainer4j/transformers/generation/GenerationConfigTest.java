// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class GenerationConfigTest {

  private static final String FILE =
      """
      {"do_sample": true, "eos_token_id": [1, 106], "early_stopping": "never", "min_p": 0.05,
       "temperature": 0.6, "top_p": 0.9, "transformers_version": "4.46.0", "typical_p": 1.0}
      """;

  @Test
  void aFileIsReadAndWrittenBackWithWhatIsHarmless() {
    GenerationConfig config = GenerationConfig.parse("generation_config.json", FILE);
    assertThat(config.doSample()).isTrue();
    assertThat(config.eosTokenId()).containsExactly(1, 106);
    assertThat(config.earlyStopping()).isEqualTo(EarlyStopping.NEVER);
    assertThat(config.minP()).isEqualTo(0.05);
    assertThat(config.topK()).isEqualTo(50);

    GenerationConfig again = GenerationConfig.parse("again", config.toJson());
    assertThat(again.toJson()).isEqualTo(config.toJson()).contains("transformers_version");
    assertThat(config.toJson()).doesNotContain("top_k");
  }

  @Test
  void keysThatChangeWhatIsGeneratedAreRefusedByName() {
    for (String key :
        List.of(
            "\"penalty_alpha\": 0.6",
            "\"typical_p\": 0.9",
            "\"a_new_one\": 3",
            "\"encoder_no_repeat_ngram_size\": 3",
            "\"encoder_repetition_penalty\": 1.5",
            "\"exponential_decay_length_penalty\": [5, 1.1]",
            "\"force_words_ids\": [[5]]",
            "\"guidance_scale\": 1.5",
            "\"max_time\": 2.0",
            "\"num_beam_groups\": 2",
            "\"renormalize_logits\": true",
            "\"sequence_bias\": [[[5], 1.0]]",
            "\"watermarking_config\": {\"bias\": 2.0}")) {
      assertThatThrownBy(() -> GenerationConfig.parse("file", "{" + key + "}"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(key.substring(1, key.indexOf('"', 1)));
    }
  }

  /** The reference says a word where such settings are made, and refuses to save them. */
  @Test
  void settingsThatDoNothingAreRefusedWhereTheyAreSet() {
    assertThatThrownBy(() -> GenerationConfig.builder().doSample(false).topP(0.9).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("topP is 0.9, but doSample is false")
        .hasMessageContaining("set doSample(true) or leave topP out");
    assertThatThrownBy(
            () ->
                GenerationConfig.builder()
                    .temperature(0.7)
                    .topK(5)
                    .minP(0.1)
                    .lengthPenalty(0.5)
                    .earlyStopping(EarlyStopping.TRUE)
                    .build())
        .hasMessageContaining("temperature is 0.7, but doSample is false")
        .hasMessageContaining("topK is 5")
        .hasMessageContaining("minP is 0.1")
        .hasMessageContaining("earlyStopping is TRUE, but numBeams is 1")
        .hasMessageContaining("lengthPenalty is 0.5");
    GenerationConfig.builder().doSample(true).topP(0.9).temperature(0.7).topK(5).minP(0.1).build();
    GenerationConfig.builder().numBeams(2).lengthPenalty(0.5).build();
    // What says what holds anyway changes nothing.
    GenerationConfig.builder().topP(1).topK(50).temperature(1).lengthPenalty(1).build();
  }

  /** As in the reference, where only what the caller sets is looked at. */
  @Test
  void settingsThatDoNothingComeFromFilesWithoutAWord() {
    GenerationConfig file =
        GenerationConfig.parse("file", "{\"top_p\": 0.9, \"temperature\": 0.6}");
    assertThat(file.topP()).isEqualTo(0.9);
    assertThat(file.toBuilder().maxNewTokens(5).build().topP()).isEqualTo(0.9);
    assertThatThrownBy(() -> file.toBuilder().topP(0.8).build())
        .hasMessageContaining("topP is 0.8, but doSample is false");
    GenerationConfig drawing = GenerationConfig.builder().doSample(true).topP(0.9).build();
    assertThat(drawing.toBuilder().doSample(false).build().doSample()).isFalse();
  }

  @Test
  void damagedFilesAreRefusedWithTheKey() {
    assertThatThrownBy(() -> GenerationConfig.parse("file", "{\"top_k\": \"many\"}"))
        .hasMessageContaining("top_k")
        .hasMessageContaining("many");
    assertThatThrownBy(() -> GenerationConfig.parse("file", "{\"top_p\": 7}"))
        .hasMessageContaining("topP is 7.0");
    assertThatThrownBy(() -> GenerationConfig.parse("file", "[1]"))
        .hasMessageContaining("expected a JSON object");
    assertThatThrownBy(() -> GenerationConfig.parse("file", "{\"top_k\": 1"))
        .hasMessageContaining("not valid JSON");
  }
}
