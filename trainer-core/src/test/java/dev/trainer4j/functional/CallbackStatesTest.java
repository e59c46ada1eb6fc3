// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.StatefulCallback;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.state.CallbackState;
import dev.trainer4j.testing.CapturedLog;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** States of callbacks go back to whom they belong, and nobody loses one without a word. */
class CallbackStatesTest {

  @TempDir Path outputDir;

  /** Remembers under a key. */
  private static final class Keeper implements StatefulCallback {
    private final String key;
    private final List<Object> restored = new ArrayList<>();

    Keeper(String key) {
      this.key = key;
    }

    @Override
    public String stateKey() {
      return key;
    }

    @Override
    public CallbackState state() {
      return new CallbackState(Map.of(), Map.of("kept", key));
    }

    @Override
    public void restore(CallbackState state) {
      restored.add(state.attributes().get("kept"));
    }
  }

  private List<String> train(int steps, ResumeFrom from, TrainerCallback... callbacks) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .maxSteps(steps)
            .perDeviceTrainBatchSize(4)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(1)
            .build();
    try (TinyModel model = new TinyModel(1, 0);
        CapturedLog log = new CapturedLog(Trainer.class)) {
      Trainer.Builder builder =
          Trainer.builder(model.model(), args).trainDataset(TinyData.points(8, 1));
      for (TrainerCallback callback : callbacks) {
        builder.callback(callback);
      }
      try (Trainer trainer = builder.build()) {
        trainer.train(from);
      }
      return log.warnings().stream().filter(warning -> warning.contains("callbacks")).toList();
    }
  }

  @Test
  void aStateWhoseCallbackIsGoneIsNamed() {
    train(1, ResumeFrom.never(), new Keeper("Here"), new Keeper("Gone"), new Keeper("Away"));
    Keeper here = new Keeper("Here");

    assertThat(train(2, ResumeFrom.latest(), here))
        .singleElement()
        .asString()
        .contains("checkpoint-1", "states of callbacks that this run does not have: [Away, Gone]");
    assertThat(here.restored).containsExactly("Here");

    // They were dropped, as was said: the next checkpoint has them no more.
    assertThat(train(3, ResumeFrom.latest(), here)).isEmpty();
  }
}
