// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import static dev.trainer4j.args.HubStrategy.ALL_CHECKPOINTS;
import static dev.trainer4j.args.HubStrategy.CHECKPOINT;
import static dev.trainer4j.args.HubStrategy.END;
import static dev.trainer4j.args.HubStrategy.EVERY_SAVE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that are pushed while they go on. */
class HubPushTest {
  private static final HubRepo REPO = HubRepo.model("tester/run");

  @TempDir Path folder;
  private HubServer server;
  private Path output;

  @BeforeEach
  void start() throws IOException {
    server = new HubServer(folder.resolve("store"));
    output = folder.resolve("run");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HubClient client() {
    return TinyRun.client(server.endpoint(), folder.resolve("cache")).build();
  }

  private TrainingArguments.Builder args() {
    return TinyRun.args(output).pushToHub(true).hubModelId("tester/run");
  }

  private Trainer.Builder trainer(TrainingArguments args) {
    return TinyRun.trainer(args).callback(new HubPushCallback(client(), ModelCardDetails.none()));
  }

  private void train(TrainingArguments args) {
    try (Trainer trainer = trainer(args).build()) {
      trainer.train();
    }
  }

  private ServerRepo repo() {
    return server.repo("models/tester/run");
  }

  private List<String> titles() {
    return repo().commits.values().stream().skip(1).map(ServerRepo.Commit::title).toList();
  }

  private byte[] weights() throws IOException {
    return Files.readAllBytes(output.resolve("checkpoint-12/model.safetensors"));
  }

  @Test
  void everySavePushesTheModelAndItsCardAsHuggingFaceNamesIt() throws IOException {
    train(args().hubStrategy(EVERY_SAVE).hubAlwaysPush(true).build());

    assertThat(titles())
        .containsExactly(
            "Training in progress, step 3",
            "Training in progress, step 6",
            "Training in progress, step 9",
            "Training in progress, step 12");
    assertThat(repo().find("main").files())
        .containsOnlyKeys("README.md", "model.safetensors", "training_args.json");
    assertThat(server.content("tester/run", "main", "model.safetensors")).isEqualTo(weights());
    assertThat(output.resolve("README.md"))
        .hasBinaryContent(server.content("tester/run", "main", "README.md"));
  }

  @Test
  void epochsAreNamedWhereTheyAreSaved() {
    train(
        args()
            .hubRevision("dev")
            .hubAlwaysPush(true)
            .saveStrategy(IntervalStrategy.EPOCH)
            .numTrainEpochs(2)
            .build());

    assertThat(titles())
        .containsExactly("Training in progress, epoch 1", "Training in progress, epoch 2");
    assertThat(repo().find("main").files()).isEmpty();
    assertThat(repo().find("dev").files()).containsKey("model.safetensors");
  }

  @Test
  void checkpointKeepsTheNewestInOneCommitWithTheModel() throws IOException {
    train(args().hubStrategy(CHECKPOINT).hubAlwaysPush(true).saveTotalLimit(1).build());

    assertThat(titles()).hasSize(4);
    assertThat(repo().find("main").files())
        .containsOnlyKeys(
            "README.md",
            "model.safetensors",
            "training_args.json",
            "last-checkpoint/manifest.json",
            "last-checkpoint/model.safetensors",
            "last-checkpoint/optimizer.safetensors",
            "last-checkpoint/rng_state.json",
            "last-checkpoint/scheduler.json",
            "last-checkpoint/trainer_state.json",
            "last-checkpoint/training_args.json");
    assertThat(server.content("tester/run", "main", "last-checkpoint/trainer_state.json"))
        .isEqualTo(Files.readAllBytes(output.resolve("checkpoint-12/trainer_state.json")));
  }

  @Test
  void filesThatTheNewestCheckpointDoesNotHaveAreDeleted() throws IOException {
    server.put(
        "tester/run",
        Map.of("last-checkpoint/old.json", new byte[] {'{', '}'}, "notes.txt", new byte[1]));

    train(args().hubStrategy(CHECKPOINT).numTrainEpochs(1).build());

    assertThat(repo().find("main").files())
        .containsKeys("notes.txt", "last-checkpoint/manifest.json")
        .doesNotContainKey("last-checkpoint/old.json");
  }

  @Test
  void allCheckpointsArePushedEachInItsFolder() {
    train(args().hubStrategy(ALL_CHECKPOINTS).hubAlwaysPush(true).build());

    assertThat(repo().find("main").files())
        .containsKeys(
            "checkpoint-3/optimizer.safetensors",
            "checkpoint-6/manifest.json",
            "checkpoint-9/model.safetensors",
            "checkpoint-12/trainer_state.json",
            "model.safetensors");
  }

  @Test
  void endPushesOnceWhatTheRunEndsWith() throws IOException {
    train(args().hubStrategy(END).saveStrategy(IntervalStrategy.NO).build());

    assertThat(titles()).containsExactly("End of training");
    assertThat(repo().find("main").files()).containsOnlyKeys("README.md", "model.safetensors");
    assertThat(server.content("tester/run", "main", "model.safetensors"))
        .isEqualTo(Files.readAllBytes(output.resolve("model.safetensors")));
  }

  @Test
  void aModelIsPushedByHandToo() throws IOException {
    TrainingArguments args =
        TinyRun.args(output).hubModelId("by-hand").hubPrivateRepo(true).build();
    try (Trainer trainer = TinyRun.trainer(args).build()) {
      trainer.train();
      CommitInfo commit = client().push(trainer, "Mine", ModelCardDetails.none().license("mit"));

      assertThat(commit.message()).isEqualTo("Mine");
    }
    ServerRepo made = server.repo("models/tester/by-hand");
    assertThat(made.isPrivate).isTrue();
    assertThat(made.find("main").files()).containsOnlyKeys("README.md", "model.safetensors");
  }

  /** Notes pushes, and has the server answer commits once the training is over. */
  private final class Gate implements TrainerCallback {
    private final List<String> pushes = new ArrayList<>();

    @Override
    public void onPushBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      pushes.add("push at " + state.globalStep());
    }

    @Override
    public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      server.commitsHeld.countDown();
    }
  }

  @Test
  void whileAPushIsOnItsWayTheNextIsSkippedAndTheLastIsNot() {
    server.commitsHeld = new CountDownLatch(1);
    Gate gate = new Gate();
    Trainer.Builder builder =
        TinyRun.trainer(args().hubStrategy(CHECKPOINT).build())
            .callback(gate)
            .callback(new HubPushCallback(client(), ModelCardDetails.none()));

    try (Trainer trainer = builder.build()) {
      trainer.train();
    }

    assertThat(titles())
        .containsExactly("Training in progress, step 3", "Training in progress, step 12");
    assertThat(gate.pushes).containsExactly("push at 3", "push at 12");
  }

  @Test
  void aPushThatFailsHarmsNothingAndIsNamedAtTheEnd() throws IOException {
    server.faults.status(5, "POST", ".*/preupload/main", 500, Map.of());
    try (CapturedLog log = new CapturedLog(Level.INFO)) {
      train(args().hubAlwaysPush(true).build());

      assertThat(log.lines())
          .anySatisfy(
              line ->
                  assertThat(line)
                      .startsWith("WARN 1 of the pushes of this run failed")
                      .contains("'Training in progress, step 3': ")
                      .contains("answered 500 in all tries"));
    }
    assertThat(titles()).hasSize(3).last().isEqualTo("Training in progress, step 12");
    assertThat(weights()).isNotEmpty();
    try (Stream<Path> left = Files.list(output)) {
      assertThat(left).noneMatch(each -> each.getFileName().toString().startsWith(".hub-push"));
    }
  }

  @Test
  void aHubThatCannotBeReachedDoesNotHoldTheRunUp() throws IOException {
    server.close();

    train(args().build());

    assertThat(weights()).isNotEmpty();
  }

  @Test
  void whatTheHubRefusesIsSaidBeforeTheFirstUpdate() {
    HubClient anonymous =
        HubClient.builder().endpoint(server.endpoint()).anonymous().offline(false).build();
    try (Trainer trainer =
        TinyRun.trainer(args().build())
            .callback(new HubPushCallback(anonymous, ModelCardDetails.none()))
            .build()) {
      assertThatThrownBy(trainer::train)
          .hasStackTraceContaining("pushToHub: ")
          .hasStackTraceContaining("set HF_TOKEN");
      assertThat(trainer.state().globalStep()).isZero();
    }
  }

  @Test
  void theArgumentAloneAddsTheCallback() {
    TrainingArguments args = args().hubToken("hf_x").build();
    try (Trainer trainer = TinyRun.trainer(args).build()) {
      assertThat(trainer.removeCallbacks(HubPushCallback.class)).isTrue();
    }
    try (Trainer trainer = trainer(args).build()) {
      assertThat(trainer.removeCallbacks(HubPushCallback.class)).isTrue();
    }
  }

  /** Create, push, be killed inside an upload, go on elsewhere: the end is that of a run that nothing happened to. */
  @Test
  void aRunThatWasKilledInsideAnUploadGoesOnFromTheHubToTheSameWeights() throws Exception {
    Path killed = folder.resolve("killed");
    // The first push arrives whole, the second hangs in the storage.
    Process child = child(killed);
    try {
      await(() -> repo().commits.size() == 2);
      assertThat(commandLineOf(child)).contains("TinyRun").doesNotContain(HubServer.TOKEN);
    } finally {
      child.destroyForcibly();
    }
    assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertTokenIsInNoFileOf(killed);
    assertThat(folder.resolve("child.log")).content().doesNotContain(HubServer.TOKEN);
    assertThat(titles()).containsExactly("Training in progress, step 3");

    Path checkpoint = client().lastCheckpoint(REPO, "main", output);
    assertThat(checkpoint).isEqualTo(output.resolve("checkpoint-3"));
    try (Trainer trainer = TinyRun.trainer(TinyRun.args(output).build()).build()) {
      trainer.train(ResumeFrom.path(checkpoint));
    }
    byte[] resumed = weights();
    output = folder.resolve("whole");
    try (Trainer trainer = TinyRun.trainer(TinyRun.args(output).build()).build()) {
      trainer.train();
    }
    assertThat(resumed).isEqualTo(weights());
  }

  /** What others see in the list of processes. */
  private static String commandLineOf(Process process) throws IOException {
    Path list = Path.of("/proc", Long.toString(process.pid()), "cmdline");
    return Files.isReadable(list)
        ? Files.readString(list, StandardCharsets.ISO_8859_1)
        : process.info().commandLine().orElse("TinyRun");
  }

  private static void assertTokenIsInNoFileOf(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      assertThat(files.filter(Files::isRegularFile))
          .isNotEmpty()
          .allSatisfy(
              file ->
                  assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                      .doesNotContain(HubServer.TOKEN));
    }
  }

  private Process child(Path into) throws IOException {
    server.hangAfterCommits = 2;
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Dai.djl.offline=true",
            "-DOPT_OUT_TRACKING=true",
            "-Dai.djl.pytorch.num_threads=1",
            "-cp",
            System.getProperty("java.class.path"),
            TinyRun.class.getName(),
            into.toString());
    builder.environment().put("HF_ENDPOINT", server.endpoint().toString());
    builder.environment().put("HF_TOKEN", HubServer.TOKEN);
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.redirectErrorStream(true).redirectOutput(folder.resolve("child.log").toFile());
    return builder.start();
  }

  private void await(java.util.function.BooleanSupplier condition) throws Exception {
    while (!(condition.getAsBoolean() && server.isHanging())) {
      Thread.sleep(10);
    }
  }

  @Test
  void theTokenIsNowhere() throws IOException {
    String token = HubServer.TOKEN;
    server.faults.status(
        1, "POST", ".*/preupload/main", 400, Map.of("X-Error-Message", "bad Bearer " + token));
    StringBuilder told = new StringBuilder();
    TrainingArguments args =
        args().hubToken(token).hubStrategy(ALL_CHECKPOINTS).hubAlwaysPush(true).build();
    try (CapturedLog log = new CapturedLog(Level.TRACE)) {
      train(args);
      HubClient wrong =
          TinyRun.client(server.endpoint(), folder.resolve("cache")).token(token + "x").build();
      assertThatThrownBy(() -> wrong.createRepository(HubRepo.model("tester/new"), null))
          .satisfies(e -> told.append(e));
      told.append(String.join("\n", log.lines()));
    }
    told.append(args).append(args.toJson()).append(args.toYaml()).append(args.toMap());
    told.append(client().http().settings());

    assertThat(told).contains("bad Bearer <HUB_TOKEN>").doesNotContain(token);
    assertThat(titles()).hasSize(3);
    assertTokenIsInNoFileOf(folder);
    for (String file : repo().find("main").files().keySet()) {
      assertThat(
              new String(server.content("tester/run", "main", file), StandardCharsets.ISO_8859_1))
          .doesNotContain(token);
    }
  }
}
