// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pushes to a server that speaks the Hub's protocol, and may be in trouble. */
class UploadTest {
  private static final HubRepo REPO = HubRepo.model("tester/run");
  private static final UploadRequest REQUEST = UploadRequest.of(REPO, "A push");

  @TempDir Path folder;
  private HubServer server;
  private Path run;
  private final byte[] weights = DownloadTest.random(300_000);

  @BeforeEach
  void start() throws IOException {
    server = new HubServer(folder.resolve("store"));
    run = Files.createDirectories(folder.resolve("run"));
    Files.writeString(run.resolve("config.json"), "{}");
    Files.write(run.resolve("model.safetensors"), weights);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HubClient.Builder builder() {
    return HubClient.builder()
        .endpoint(server.endpoint())
        .cacheDir(folder.resolve("cache"))
        .token(HubServer.TOKEN)
        .offline(false)
        .retryPause(Duration.ofMillis(5));
  }

  private HubClient client() throws IOException {
    HubClient client = builder().build();
    client.createRepository(REPO, null);
    return client;
  }

  private ServerRepo.Commit head() {
    return server.repo("models/tester/run").find("main");
  }

  private long requests(String method, String path) {
    return server.seen.stream()
        .filter(each -> each.method().equals(method) && each.path().matches(path))
        .count();
  }

  @Test
  void makesARepositoryOnceAndPushesInOneCommit() throws IOException {
    HubClient client = client();
    client.createRepository(REPO, true);
    Files.createDirectories(run.resolve("runs/a"));
    Files.writeString(run.resolve("runs/a/log.txt"), "line");
    Files.write(run.resolve("empty.safetensors"), new byte[0]);

    CommitInfo commit = client.upload(run, REQUEST);

    assertThat(head().id()).isEqualTo(commit.oid());
    assertThat(commit.url()).isEqualTo(server.endpoint() + "/tester/run/commit/" + commit.oid());
    assertThat(head().title()).isEqualTo("A push");
    assertThat(head().files())
        .containsOnlyKeys(
            "config.json", "model.safetensors", "runs/a/log.txt", "empty.safetensors");
    assertThat(server.content("tester/run", "main", "model.safetensors")).isEqualTo(weights);
    assertThat(head().files().get("model.safetensors").sha256()).isNotNull();
    assertThat(requests("POST", ".*/commit/main")).isEqualTo(1);
    Path read = client.download(SnapshotRequest.of(REPO).allFiles());
    assertThat(read.resolve("runs/a/log.txt")).hasContent("line");
  }

  @Test
  void sendsOnlyWhatIsNew() throws IOException {
    HubClient client = client();
    CommitInfo first = client.upload(run, REQUEST);
    server.seen.clear();

    assertThat(client.upload(run, REQUEST).oid()).isEqualTo(first.oid());
    assertThat(requests("PUT", ".*") + requests("POST", ".*/commit/.*")).isZero();

    Files.writeString(run.resolve("config.json"), "{\"new\": 1}");
    client.upload(run, REQUEST);
    assertThat(requests("PUT", ".*")).isZero();
    assertThat(head().files()).hasSize(2);
  }

  @Test
  void leavesOutWhatIsIgnored() throws IOException {
    Files.writeString(run.resolve(".gitignore"), "*.log\n");
    Files.writeString(run.resolve("a.log"), "a");
    Files.createDirectories(run.resolve(".git"));
    Files.writeString(run.resolve(".git/config"), "secret");
    Files.createDirectories(run.resolve("checkpoint-5"));
    Files.writeString(run.resolve("checkpoint-5/x.json"), "{}");

    client().upload(run, REQUEST.ignore("checkpoint-*", "_*").pathInRepo("sub/run"));

    assertThat(head().files())
        .containsOnlyKeys(
            "sub/run/.gitignore",
            "sub/run/a.log",
            "sub/run/config.json",
            "sub/run/model.safetensors");
    client().upload(run, REQUEST.ignore("checkpoint-*"));
    assertThat(head().files()).containsKey("config.json").doesNotContainKey("a.log");
  }

  @Test
  void sendsLargeFilesInPartsOfWhichOnlyTheBrokenOneIsSentAgain() throws IOException {
    HubClient client = client();
    server.partSize = 64 << 10;
    server.faults.cut(1, "PUT", "/lfs/part/.*/3", 20_000);
    server.faults.status(1, "PUT", "/lfs/part/.*/2", 500, Map.of());

    client.upload(run, REQUEST);

    assertThat(server.content("tester/run", "main", "model.safetensors")).isEqualTo(weights);
    assertThat(requests("PUT", "/lfs/part/.*/[145]")).isEqualTo(3);
    assertThat(requests("PUT", "/lfs/part/.*/[23]")).isEqualTo(4);
  }

  @Test
  void whatArrivedBeforeABreakIsNotSentAgain() throws IOException {
    Files.write(run.resolve("other.safetensors"), DownloadTest.random(100_000));
    HubClient client = client();
    server.faults.status(9, "POST", ".*/commit/main", 500, Map.of());
    assertThatThrownBy(() -> client.upload(run, REQUEST)).hasMessageContaining("answered 500");
    assertThat(head().files()).isEmpty();
    while (!server.faults.isEmpty()) {
      server.faults.take("POST", "/commit/main");
    }
    server.seen.clear();

    client.upload(run, REQUEST);

    assertThat(requests("PUT", ".*")).isZero();
    assertThat(head().files()).hasSize(3);
  }

  @Test
  void triesAgainAfterWhatPasses() throws IOException {
    server.faults.status(1, "POST", "/api/repos/create", 503, Map.of());
    HubClient client = client();
    server.faults.status(2, "POST", ".*/preupload/main", 429, Map.of("Retry-After", "0"));
    server.faults.status(1, "POST", ".*/objects/batch", 502, Map.of());
    server.faults.status(1, "PUT", "/lfs/basic/.*", 500, Map.of());
    server.faults.cut(1, "PUT", "/lfs/basic/.*", 1000);
    server.faults.status(1, "POST", "/lfs/verify/.*", 504, Map.of());
    server.faults.status(1, "POST", ".*/commit/main", 503, Map.of());

    client.upload(run, REQUEST);

    assertThat(server.faults.isEmpty()).isTrue();
    assertThat(head().files()).hasSize(2);
  }

  @Test
  void aCommitWhoseAnswerGotLostIsNotMadeTwice() throws IOException {
    HubClient client = client();
    server.faults.cut(1, "POST", ".*/commit/main", 0);

    CommitInfo commit = client.upload(run, REQUEST);

    assertThat(commit.oid()).isEqualTo(head().id());
    assertThat(server.repo("models/tester/run").commits).hasSize(2);
  }

  @Test
  void asksForNewAddressesOnceTheyHaveExpired() throws IOException {
    HubClient client = client();
    server.faults.status(1, "PUT", "/lfs/basic/.*", 403, Map.of());

    client.upload(run, REQUEST);

    assertThat(requests("POST", ".*/objects/batch")).isEqualTo(2);
    assertThat(head().files()).hasSize(2);
  }

  @Test
  void theTokenDoesNotGoToTheStorage() throws IOException {
    server.partSize = 64 << 10;
    HubClient client = client();
    client.upload(run, REQUEST);
    server.partSize = Integer.MAX_VALUE;
    Files.write(run.resolve("other.safetensors"), DownloadTest.random(100_000));
    client.upload(run, REQUEST);

    assertThat(server.seen).filteredOn(each -> each.server().equals("cdn")).hasSize(6);
    assertThat(server.seen)
        .filteredOn(each -> each.server().equals("cdn") || each.path().contains("/lfs/complete/"))
        .allMatch(each -> each.authorization() == null);
  }

  @Test
  void saysWhatToDoAboutWhatIsRefused() throws IOException {
    HubClient client = client();
    HubClient anonymous = builder().anonymous().build();

    assertThatThrownBy(() -> anonymous.createRepository(HubRepo.model("tester/new"), null))
        .hasMessageContaining("no token was sent");
    assertThatThrownBy(() -> client.upload(run, REQUEST.revision("none")))
        .hasMessageContaining("has no revision 'none'");
    assertThatThrownBy(() -> client.upload(folder.resolve("cache"), REQUEST))
        .hasMessageContaining("there is no folder");
    Files.createDirectories(folder.resolve("nothing"));
    assertThatThrownBy(() -> client.upload(folder.resolve("nothing"), REQUEST))
        .hasMessageContaining("has no file to push");
    assertThatThrownBy(() -> REQUEST.pathInRepo("../up"))
        .hasMessageContaining("pathInRepo")
        .hasMessageContaining("is refused");
  }
}
