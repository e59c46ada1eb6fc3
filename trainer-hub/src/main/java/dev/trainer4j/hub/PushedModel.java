// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Pushes what a trainer has now. */
final class PushedModel {
  static final String MESSAGE = "End of training";

  private PushedModel() {}

  static CommitInfo push(
      HubClient client, Trainer trainer, String message, ModelCardDetails details)
      throws IOException {
    TrainingArguments args = trainer.args();
    trainer.saveModel(args.outputDir());
    RunRepository target = RunRepository.open(client, args);
    SavedModel model = SavedModel.in(args.outputDir(), trainer.model().nameOrPath());
    String card = new CardMemory().next(target, args, trainer.state(), model, details);
    List<UploadFile> files =
        RunFiles.joined(
            RunFiles.ofOutput(args.outputDir()),
            List.of(UploadFile.of("README.md", card.getBytes(StandardCharsets.UTF_8))));
    return new HubUpload(target.api()).push(new Push(target.branch(), message, files, List.of()));
  }
}
