// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.HubStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.hub.CommitInfo;
import dev.trainer4j.hub.Hub;
import dev.trainer4j.hub.HubClient;
import dev.trainer4j.hub.HubPushCallback;
import dev.trainer4j.hub.HubRepo;
import dev.trainer4j.hub.ModelCardDetails;
import dev.trainer4j.hub.SnapshotRequest;
import dev.trainer4j.hub.UploadRequest;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Models and data from the Hub, and runs pushed to it. */
public final class HubModels {
  private HubModels() {}

  public static void load() throws IOException {
    // docs: load
    Path folder =
        Hub.model("google-bert/bert-base-cased"); // or Hub.model(name, "a branch, tag or commit")
    PretrainedModel model = AutoModels.sequenceClassification(folder);
    PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder);

    PretrainedModel byName = AutoModels.causalLm("HuggingFaceTB/SmolLM2-135M@main");

    Path reviews = Hub.dataset("stanfordnlp/imdb", "main", "plain_text/train-*.parquet");
    Dataset<Map<String, Object>> data =
        Datasets.parquet(reviews.resolve("plain_text/train-00000-of-00001.parquet"));
    // end docs
    model.close();
    tokenizer.close();
    byName.close();
    System.out.println(data.size());
  }

  public static void client() throws IOException {
    // docs: client
    HubClient hub =
        HubClient.builder()
            .cacheDir(Path.of("/data/hub"))
            .parallel(4)
            .listener(
                (repository, file, done, total) ->
                    System.out.println(file + " " + done + "/" + total))
            .build();
    HubRepo repo = HubRepo.model("org/name");
    Path all = hub.download(SnapshotRequest.of(repo).revision("v1.0").allFiles().ignore("*.onnx"));
    Path one = hub.downloadFile(repo, "main", "tokenizer.json");
    hub.createRepository(HubRepo.dataset("me/notes"), true);
    hub.upload(Path.of("notes"), UploadRequest.of(HubRepo.dataset("me/notes"), "First notes"));
    // end docs
    System.out.println(all + " " + one);
  }

  public static void push(PretrainedModel model, Dataset<?> train) {
    // docs: push
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(Path.of("out/reviews"))
            .pushToHub(true)
            .hubModelId(
                "me/reviews") // without it me/reviews too: the account of the token and the folder
            .hubStrategy(HubStrategy.CHECKPOINT)
            .hubPrivateRepo(true)
            .saveSteps(500)
            .build();
    try (Trainer trainer = Trainer.builder(model, args).trainDataset(train).build()) {
      trainer.train();
    }
    // end docs
  }

  public static void goOn(Trainer trainer) throws IOException {
    // docs: resume
    Path checkpoint = Hub.lastCheckpoint("me/reviews", trainer.args().outputDir());
    trainer.train(ResumeFrom.path(checkpoint));
    // end docs
  }

  public static void byHand(Trainer trainer) throws IOException {
    // docs: by hand
    ModelCardDetails details =
        ModelCardDetails.none().license("apache-2.0").datasets("stanfordnlp/imdb").languages("en");
    CommitInfo commit = Hub.pushToHub(trainer, "End of training", details);
    System.out.println(commit.url());
    // end docs
  }

  public static HubPushCallback details() {
    // docs: details
    HubPushCallback push =
        new HubPushCallback(
            HubClient.fromEnvironment(), ModelCardDetails.none().license("mit").tags("reviews"));
    // end docs
    return push;
  }
}
