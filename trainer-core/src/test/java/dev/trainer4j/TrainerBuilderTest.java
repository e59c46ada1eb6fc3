// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.nn.Blocks;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.DefaultFlowCallback;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.optim.Optimizers;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.schedule.LearningRateSchedulers;
import dev.trainer4j.schedule.ScheduleContext;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TrainerBuilderTest {

  @Test
  void otherArgumentsComeWithEverythingElseButCallbacks() throws IllegalAccessException {
    TrainingArguments first = TrainingArguments.builder().build();
    TrainingArguments second = TrainingArguments.builder().learningRate(1).build();
    try (TinyModel tiny = new TinyModel(1, 0);
        ai.djl.Model djl = ai.djl.Model.newInstance("djl", "PyTorch")) {
      Trainer.Builder builder =
          new Trainer.Builder(first)
              .block(Blocks.identityBlock())
              .djlModel(djl)
              .model(tiny.model())
              .trainDataset(TinyData.points(4, 1))
              .evalDataset(TinyData.points(4, 2))
              .dataCollator((samples, manager) -> null)
              .processingClass(folder -> {})
              .computeLossFunc((outputs, inputs) -> LossOutput.mean(outputs.logits()))
              .computeMetrics(Metrics.accuracy())
              .computeMetrics(prediction -> Map.of())
              .preprocessLogitsForMetrics((logits, labels) -> logits)
              .preprocessOutputsForMetrics((outputs, labels) -> outputs)
              .ignoreKeys(List.of("hidden"))
              .modelInit(tiny::model)
              .optimizer(groups -> Optimizers.sgd(groups, 0, 0, false))
              .lrScheduler(
                  total ->
                      LearningRateSchedulers.create(
                          "constant", Map.of(), new ScheduleContext(1, 0, total, false)))
              .parameterGroups(groups -> groups)
              .processGroup(ProcessGroup.single())
              .callback(new DefaultFlowCallback());

      Trainer.Builder other = builder.withArgs(second);

      assertThat(other.args()).isSameAs(second);
      assertThat(other.callbacks).isEmpty();
      for (Field field : TrainerBuilder.class.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers())
            && !Set.of("args", "callbacks").contains(field.getName())) {
          field.setAccessible(true);
          assertThat(field.get(builder)).as(field.getName() + " is set above").isNotNull();
          assertThat(field.get(other)).as(field.getName()).isEqualTo(field.get(builder));
        }
      }
    }
  }
}
