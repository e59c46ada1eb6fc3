// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.TorchScriptModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;

/**
 * A model that PyTorch has written, trained here.
 *
 * <pre>
 * net = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 2))
 * torch.jit.script(net).save("classifier.pt")
 * </pre>
 *
 * <p>That file comes with this module, so nothing is needed to run it:
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am -Dexec.mainClass=dev.trainer4j.examples.TrainTorchScript</pre>
 */
public final class TrainTorchScript {
  private TrainTorchScript() {}

  /** Train the model and print how its loss falls. */
  public static void main(String[] args) throws IOException {
    train(Path.of("out/torch-script")).forEach(loss -> System.out.printf("loss %.3f%n", loss));
  }

  /** Return the mean loss of each epoch. */
  static List<Double> train(Path outputDir) throws IOException {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .numTrainEpochs(5)
            .perDeviceTrainBatchSize(32)
            .learningRate(1e-2)
            .loggingStrategy(IntervalStrategy.EPOCH)
            .build();
    Path file = unpack(outputDir.resolve("classifier.pt"));
    // The names are those of the collator, in the order of forward's arguments.
    try (TorchScriptModel model = TorchScriptModel.load(file, "x");
        Trainer trainer =
            Trainer.builder(model, args).trainDataset(Rings.points(2_000, 0.5, 1)).build()) {
      trainer.train();
      return trainer.state().logHistory().stream()
          .flatMapToDouble(line -> line.value("loss").stream())
          .boxed()
          .toList();
    }
  }

  private static Path unpack(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    try (InputStream resource = TrainTorchScript.class.getResourceAsStream("classifier.pt")) {
      Files.copy(Objects.requireNonNull(resource), file, StandardCopyOption.REPLACE_EXISTING);
    }
    return file;
  }
}
