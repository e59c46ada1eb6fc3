// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A name in, a folder out: models and data sets of the Hub that the environment names, through the cache that is shared with Python.
 *
 * <pre>{@code
 * PretrainedModel model = AutoModels.causalLm(Hub.model("HuggingFaceTB/SmolLM2-135M"));
 * Path folder = Hub.dataset("stanfordnlp/imdb");
 * }</pre>
 *
 * <p>For settings of your own there is {@link HubClient}.
 */
public final class Hub {
  private Hub() {}

  /**
   * Downloads what it takes to load a model and its tokenizer, as far as the cache lacks it: {@code .safetensors} before {@code .bin}, and
   * no state of a training.
   *
   * @param name such as {@code google-bert/bert-base-cased}
   * @return a folder that {@code AutoModels} and {@code PretrainedTokenizer} take
   * @throws IOException if the Hub refuses or a file cannot be written; the message says what to do
   */
  public static Path model(String name) throws IOException {
    return model(name, "main");
  }

  /**
   * Downloads a revision of a model, as {@link #model(String)}.
   *
   * @param revision a branch, a tag or a commit
   * @throws IOException if the Hub refuses or a file cannot be written; the message says what to do
   */
  public static Path model(String name, String revision) throws IOException {
    return HubClient.fromEnvironment()
        .download(SnapshotRequest.of(HubRepo.model(name)).revision(revision));
  }

  /**
   * Downloads all files of a data set, as far as the cache lacks them.
   *
   * @param name such as {@code stanfordnlp/imdb}
   * @return a folder with the files that {@code Datasets} reads
   * @throws IOException if the Hub refuses or a file cannot be written; the message says what to do
   */
  public static Path dataset(String name) throws IOException {
    return dataset(name, "main");
  }

  /**
   * Downloads files of a revision of a data set.
   *
   * @param revision a branch, a tag or a commit
   * @param patterns of which a file must match one, such as {@code data/train-*.parquet}; without any all files come
   * @throws IOException if the Hub refuses or a file cannot be written; the message says what to do
   */
  public static Path dataset(String name, String revision, String... patterns) throws IOException {
    return HubClient.fromEnvironment()
        .download(SnapshotRequest.of(HubRepo.dataset(name)).revision(revision).allow(patterns));
  }

  /**
   * Downloads the checkpoint that a run pushed last, with {@code hubStrategy} {@code checkpoint}, as a whole and verified checkpoint of an
   * output folder. What is there already is not fetched again.
   *
   * <pre>{@code
   * trainer.train(ResumeFrom.path(Hub.lastCheckpoint("owner/run", args.outputDir())));
   * }</pre>
   *
   * @param name of the repository
   * @param outputDir of the run that goes on; is created if it does not exist
   * @return {@code outputDir/checkpoint-N}
   * @throws IOException if there is none, or it is damaged; the message says what to do
   */
  public static Path lastCheckpoint(String name, Path outputDir) throws IOException {
    return HubClient.fromEnvironment().lastCheckpoint(HubRepo.model(name), "main", outputDir);
  }

  /**
   * Saves the model of a trainer into its output folder, and pushes that without its checkpoints: to the repository of {@code
   * hubModelId}, or of the name of the folder, which is made if it is not there. Waits for the end.
   *
   * @param message the first line of the commit, such as {@code End of training}
   * @return the commit
   * @throws IOException if the Hub refuses or a file cannot be written; the message says what to do
   */
  public static CommitInfo pushToHub(Trainer trainer, String message) throws IOException {
    return pushToHub(trainer, message, ModelCardDetails.none());
  }

  /**
   * Pushes the model of a trainer, as {@link #pushToHub(Trainer, String)}.
   *
   * @param details what the model card says beside what the run knows
   * @throws IOException if the Hub refuses or a file cannot be written; the message says what to do
   */
  public static CommitInfo pushToHub(Trainer trainer, String message, ModelCardDetails details)
      throws IOException {
    return RunRepository.client(trainer.args()).push(trainer, message, details);
  }

  /**
   * Writes a model card of a run into its output folder, as {@code README.md}: results, hyperparameters, versions, and how to load the
   * model, which is saved there before. The network is not asked. What somebody wrote into an earlier card stays, and a later push
   * goes on from this one. {@link #pushToHub} writes the card by itself.
   *
   * @param details what the card says beside what the run knows
   * @return the file; in a run of several processes the first one alone writes it
   * @throws IOException if it cannot be written
   */
  public static Path createModelCard(Trainer trainer, ModelCardDetails details) throws IOException {
    TrainingArguments args = trainer.args();
    if (!trainer.state().isWorldProcessZero()) {
      return args.outputDir().resolve("README.md");
    }
    SavedModel model = SavedModel.in(args.outputDir(), trainer.model().nameOrPath());
    return CardMemory.local(args, trainer.state(), model, details);
  }
}
