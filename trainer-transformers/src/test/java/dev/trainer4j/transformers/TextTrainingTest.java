// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.CachedMap;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.TrainTestSplit;
import dev.trainer4j.metrics.Classification;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.transformers.collate.DataCollatorWithPadding;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From lines of text to a trained model and its tokenizer, through every part on the way. */
class TextTrainingTest {

  @TempDir Path folder;

  private Path lines() throws IOException {
    String[] cities = {"Oslo", "Lima", "Cairo", "Milan"};
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 80; i++) {
      boolean liked = i % 2 == 0;
      rows.append("{\"text\": \"In ")
          .append(cities[i % 3 + i % 2])
          .append(
              liked ? " we ate cheese, and it was wonderful" : " bread cost coins; nobody liked it")
          .append("\", \"label\": ")
          .append(liked ? 1 : 0)
          .append("}\n");
    }
    return Files.writeString(folder.resolve("rows.jsonl"), rows);
  }

  @Test
  void aModelLearnsFromTokenizedTextsAndItsCheckpointHasTheTokenizer() throws IOException {
    Path file = lines();
    Path source = Tokenizers.folder("wordpiece");
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(source);
        NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      Dataset<Map<String, Object>> tokens =
          CachedMap.<Map<String, Object>>builder(folder.resolve("cache"))
              .dependsOn(file, source.resolve("tokenizer.json"))
              .version("32 tokens")
              .map(
                  Datasets.jsonLines(file),
                  row -> {
                    Map<String, Object> sample =
                        tokenizer
                            .encode((String) row.get("text"), EncodeOptions.truncated(32))
                            .toSample();
                    sample.put("label", row.get("label"));
                    return sample;
                  });
      TrainTestSplit<Map<String, Object>> split = tokens.trainTestSplit(0.25, 1);
      int vocabulary = tokenizer.size();
      NDArray weight = manager.zeros(new Shape(vocabulary, 2));
      FunctionModel model =
          new FunctionModel(
              Map.of("weight", weight),
              manager,
              (inputs, training) -> {
                NDArray words = inputs.get("input_ids").oneHot(vocabulary).sum(new int[] {1});
                return ModelOutput.logits(words.matMul(weight));
              });
      TrainingArguments args =
          TrainingArguments.builder()
              .outputDir(folder.resolve("run"))
              .numTrainEpochs(3)
              .perDeviceTrainBatchSize(8)
              .learningRate(0.05)
              .dataloaderNumWorkers(2)
              .saveStrategy(IntervalStrategy.EPOCH)
              .build();
      try (Trainer trainer =
          Trainer.builder(model, args)
              .trainDataset(split.train())
              .evalDataset(split.test())
              .dataCollator(new DataCollatorWithPadding(tokenizer))
              .computeMetrics(Classification.of(Classification.Average.MACRO))
              .processingClass(tokenizer)
              .build()) {
        trainer.train();
        assertThat(trainer.evaluate().metrics())
            .containsEntry("eval_f1", 1.0)
            .containsEntry("eval_matthews", 1.0);
      }
    }
    Path checkpoint = folder.resolve("run/checkpoint-24");
    assertThat(checkpoint.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(source.resolve("tokenizer.json"));
    try (PretrainedTokenizer again = PretrainedTokenizer.load(checkpoint)) {
      assertThat(again.decode(again.encode("Oslo").inputIds(), true)).isEqualTo("oslo");
    }
  }
}
