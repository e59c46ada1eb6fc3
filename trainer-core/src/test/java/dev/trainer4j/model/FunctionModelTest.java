// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parameters are trained, frozen ones stay to the bit, buffers are what the function makes of them. */
class FunctionModelTest {

  @TempDir Path folder;

  private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");

  @AfterEach
  void close() {
    manager.close();
  }

  private static final class Parts {
    final NDArray weight;
    final NDArray base;
    final NDArray mean;
    final NDArray count;
    final FunctionModel model;

    Parts(NDManager manager) {
      weight = manager.zeros(new Shape(TinyData.FEATURES, TinyData.CLASSES));
      base = manager.ones(new Shape(TinyData.CLASSES)).mul(0.25f);
      mean = manager.zeros(new Shape(TinyData.FEATURES));
      count = manager.zeros(new Shape(1), DataType.INT64);
      model =
          FunctionModel.builder(
                  manager,
                  (inputs, training) -> {
                    NDArray x = inputs.get("x");
                    if (training) {
                      mean.muli(0.9f).addi(x.mean(new int[] {0}).mul(0.1f));
                      count.addi(1L);
                    }
                    return ModelOutput.logits(x.sub(mean).matMul(weight).add(base));
                  })
              .parameters(Map.of("weight", weight))
              .frozen(Map.of("base", base))
              .buffers(Map.of("mean", mean, "count", count))
              .build();
    }
  }

  private Trainer trainer(Parts parts, boolean async) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(folder)
            .maxSteps(6)
            .learningRate(0.1)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(2)
            .asyncSave(async)
            .build();
    return Trainer.builder(parts.model, args).trainDataset(TinyData.points(22, 1)).build();
  }

  @Test
  void soTheyTrainAreSavedAndGoOnAfterAResume() {
    for (boolean async : new boolean[] {false, true}) {
      Parts whole = new Parts(manager);
      try (Trainer trainer = trainer(whole, async)) {
        assertThat(trainer.numberOfTrainableParameters()).isEqualTo(18);
        trainer.train();
      }
      assertThat(Values.of(whole.weight)).isNotEqualTo(Values.of(whole.weight.zerosLike()));
      assertThat(whole.base.toFloatArray()).containsExactly(0.25f, 0.25f, 0.25f);
      assertThat(whole.count.toLongArray()).containsExactly(6);

      Parts resumed = new Parts(manager);
      try (Trainer trainer = trainer(resumed, async)) {
        trainer.train(ResumeFrom.path(folder.resolve("checkpoint-2")));
      }
      assertThat(Values.of(resumed.model.state())).isEqualTo(Values.of(whole.model.state()));
    }
  }

  @Test
  void soEveryKindIsInTheFileAndReadFromIt() throws IOException {
    Parts written = new Parts(manager);
    written.mean.addi(2);
    written.count.addi(9L);
    written.base.addi(1);
    CheckpointFiles files = new CheckpointFiles(folder);
    files.writeModel(written.model);

    Parts read = new Parts(manager);
    files.readModel(read.model);

    assertThat(Values.of(read.model.state())).isEqualTo(Values.of(written.model.state()));
    assertThat(read.model.parameters()).extracting(NamedParameter::name).containsExactly("weight");
  }

  @Test
  void aFrozenArrayThatIsReleasedIsAParameterAndABufferIsNone() {
    Parts parts = new Parts(manager);
    parts.base.setRequiresGradient(true);
    assertThat(parts.model.parameters())
        .extracting(NamedParameter::name)
        .containsExactly("weight", "base");
    assertThat(parts.model.isChangedByForward("mean")).isTrue();
    assertThat(parts.model.isChangedByForward("base")).isFalse();
  }

  @Test
  void aNameOfTwoKindsIsRefused() {
    NDArray array = manager.ones(new Shape(1));
    assertThatThrownBy(
            () ->
                FunctionModel.builder(manager, (inputs, training) -> ModelOutput.logits(array))
                    .parameters(Map.of("a", array, "b", array))
                    .buffers(Map.of("b", array))
                    .build())
        .hasMessageContaining("[b]")
        .hasMessageContaining("two kinds");
  }

  @Test
  void itsManagerClosesWithItWhereItIsItsOwn() {
    NDManager own = manager.newSubManager();
    NDManager shared = manager.newSubManager();
    for (NDManager owner : List.of(own, shared)) {
      NDArray array = owner.ones(new Shape(1));
      FunctionModel.Builder builder =
          FunctionModel.builder(owner, (inputs, training) -> ModelOutput.logits(array))
              .parameters(Map.of("a", array));
      (owner == own ? builder.closesManager() : builder).build().close();
    }
    assertThat(own.isOpen()).isFalse();
    assertThat(shared.isOpen()).isTrue();
  }
}
