// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads from a server that speaks the Hub's protocol, and may be in trouble. */
class DownloadTest {
  private static final HubRepo REPO = HubRepo.model("org/name");
  private static final String LARGE = "/lfs/object/.*";

  @TempDir Path folder;
  private HubServer server;
  private Path cache;
  private final byte[] weights = random(300_000);

  @BeforeEach
  void start() throws IOException {
    server = new HubServer(folder.resolve("store"));
    server.largeFrom = 100_000;
    cache = folder.resolve("cache");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private HubClient.Builder client() {
    return HubClient.builder()
        .endpoint(server.endpoint())
        .cacheDir(cache)
        .anonymous()
        .offline(false)
        .symbolicLinks(true)
        .retryPause(Duration.ofMillis(5));
  }

  private String putModel() throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    files.put("config.json", text("{}"));
    files.put("tokenizer.json", text("{\"a\": 1}"));
    files.put("model.safetensors", weights);
    files.put("pytorch_model.bin", random(200_000));
    files.put("optimizer.safetensors", random(150_000));
    files.put("onnx/model.onnx", random(120_000));
    files.put("README.md", text("# Card"));
    return server.put("org/name", files);
  }

  private Path download() throws IOException {
    return client().build().download(SnapshotRequest.of(REPO));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString().replace('\\', '/'))
          .sorted()
          .toList();
    }
  }

  private long requests(String method, String path) {
    return server.seen.stream()
        .filter(each -> each.method().equals(method) && each.path().matches(path))
        .count();
  }

  @Test
  void bringsWhatAModelIsLoadedFromIntoTheLayoutOfPythonsCache() throws IOException {
    String commit = putModel();

    Path snapshot = download();

    assertThat(snapshot).isEqualTo(cache.resolve("models--org--name/snapshots/" + commit));
    assertThat(names(snapshot))
        .containsExactly("README.md", "config.json", "model.safetensors", "tokenizer.json");
    assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(cache.resolve("models--org--name/refs/main")).hasContent(commit);
    Path blob = cache.resolve("models--org--name/blobs/" + FileHash.hex(sha256(weights)));
    assertThat(blob).hasBinaryContent(weights);
    assertThat(Files.readSymbolicLink(snapshot.resolve("model.safetensors")))
        .isEqualTo(Path.of("../../blobs").resolve(blob.getFileName()));
    assertThat(cache.resolve("CACHEDIR.TAG")).exists();
    assertThat(cache.resolve("models--org--name/trees/" + commit + ".json")).exists();
    assertThat(names(cache)).noneMatch(name -> name.endsWith(".incomplete"));
  }

  private static java.security.MessageDigest sha256(byte[] bytes) {
    java.security.MessageDigest digest = FileHash.sha256();
    digest.update(bytes);
    return digest;
  }

  @Test
  void takesPickledWeightsOnlyWhereThereAreNoOthers() throws IOException {
    server.put("org/name", Map.of("config.json", text("{}"), "pytorch_model.bin", weights));

    assertThat(names(download())).containsExactly("config.json", "pytorch_model.bin");
  }

  @Test
  void selectsByPatternsAsPythonDoes() throws IOException {
    putModel();
    HubClient client = client().build();

    assertThat(names(client.download(SnapshotRequest.of(REPO).allow("onnx/", "*.md"))))
        .containsExactly("README.md", "onnx/model.onnx");
    assertThat(
            names(
                client.download(
                    SnapshotRequest.of(REPO).allFiles().ignore("*.safetensors", "[o-p]*"))))
        .containsExactly("README.md", "config.json", "onnx/model.onnx", "tokenizer.json");
    assertThatThrownBy(() -> client.download(SnapshotRequest.of(REPO).allow("*.gguf")))
        .hasMessageContaining("none is asked for")
        .hasMessageContaining("config.json");
  }

  @Test
  void asksForNothingAgain() throws IOException {
    putModel();
    download();
    server.seen.clear();

    download();

    assertThat(server.seen)
        .extracting(HubServer.Seen::path)
        .containsExactly("/api/models/org/name/revision/main");
  }

  @Test
  void followsABranchAndKeepsWhatHasNotChanged() throws IOException {
    String before = putModel();
    download();
    server.seen.clear();
    String after = server.put("org/name", Map.of("config.json", text("{\"new\": true}")));

    Path snapshot = download();

    assertThat(snapshot.getFileName()).hasToString(after);
    assertThat(snapshot.resolve("config.json")).hasContent("{\"new\": true}");
    assertThat(snapshot.resolveSibling(before).resolve("config.json")).hasContent("{}");
    assertThat(requests("GET", LARGE)).isZero();
  }

  @Test
  void readsAListOfFilesOfManyPages() throws IOException {
    putModel();
    server.pageSize = 2;

    assertThat(client().build().list(REPO, "main")).hasSize(7);
    assertThat(requests("GET", ".*/tree/.*")).isEqualTo(4);
  }

  @Test
  void copiesWhereThereAreNoLinks() throws IOException {
    putModel();
    HubClient client = client().symbolicLinks(false).build();

    Path snapshot = client.download(SnapshotRequest.of(REPO));

    assertThat(Files.isSymbolicLink(snapshot.resolve("model.safetensors"))).isFalse();
    assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(weights);
    server.seen.clear();
    Path again = client.download(SnapshotRequest.of(REPO));
    assertThat(again).isEqualTo(snapshot);
    assertThat(requests("GET", LARGE)).isZero();
  }

  @Test
  void goesOnWhereTheConnectionBroke() throws IOException {
    putModel();
    server.faults.cut(3, "GET", LARGE, 70_000);

    assertThat(download().resolve("model.safetensors")).hasBinaryContent(weights);

    assertThat(server.seen.stream().filter(each -> each.path().matches(LARGE)))
        .extracting(HubServer.Seen::range)
        .hasSize(4)
        .last()
        .asString()
        .matches("bytes=[1-9]\\d*-");
  }

  @Test
  void goesOnWhereAnEarlierRunWasKilled() throws IOException {
    putModel();
    String sha256 = FileHash.hex(sha256(weights));
    Path blobs = Files.createDirectories(cache.resolve("models--org--name/blobs"));
    Files.write(
        blobs.resolve(sha256 + ".trainer4j.incomplete"), java.util.Arrays.copyOf(weights, 123_456));

    assertThat(download().resolve("model.safetensors")).hasBinaryContent(weights);

    assertThat(server.seen.stream().filter(each -> each.path().matches(LARGE)))
        .extracting(HubServer.Seen::range)
        .containsExactly("bytes=123456-");
  }

  @Test
  void beginsAgainWhereTheServerKnowsNoRanges() throws IOException {
    putModel();
    server.faults.cut(1, "GET", LARGE, 70_000);
    server.faults.noRanges(1, "GET", LARGE);

    assertThat(download().resolve("model.safetensors")).hasBinaryContent(weights);
  }

  @Test
  void doesNotWaitForASilentServer() throws IOException {
    putModel();
    server.faults.stall(1, "GET", LARGE, 70_000);

    Path snapshot =
        client().timeout(Duration.ofMillis(300)).build().download(SnapshotRequest.of(REPO));

    assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(server.faults.isEmpty()).isTrue();
  }

  @Test
  void fetchesADamagedFileOnceMoreAndThenGivesUp() throws IOException {
    putModel();
    server.faults.corrupt(1, "GET", LARGE);
    server.faults.corrupt(1, "GET", ".*/config.json");
    assertThat(download().resolve("model.safetensors")).hasBinaryContent(weights);

    server.put("org/name", Map.of("model.safetensors", random(250_000)));
    server.faults.corrupt(2, "GET", LARGE);
    assertThatThrownBy(this::download)
        .isInstanceOfSatisfying(
            HubException.class, e -> assertThat(e.reason()).isEqualTo(HubException.Reason.DAMAGED))
        .hasMessageContaining("model.safetensors");
    assertThat(download().resolve("model.safetensors")).hasBinaryContent(random(250_000));
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 502, 503, 504})
  void triesAgainAfterWhatPasses(int status) throws IOException {
    putModel();
    server.faults.status(2, "GET", "/api/.*/revision/main", status, Map.of());
    server.faults.status(1, "GET", "/api/.*/tree/.*", status, Map.of("Retry-After", "0"));
    server.faults.status(2, "GET", LARGE, status, Map.of());
    server.faults.status(1, "GET", "/org/.*config.json", status, Map.of());

    assertThat(download().resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(server.faults.isEmpty()).isTrue();
  }

  @Test
  void waitsAsLongAsTheServerAsks() throws IOException {
    putModel();
    server.faults.status(1, "GET", "/api/.*/revision/main", 429, Map.of("Retry-After", "1"));
    long begin = System.nanoTime();

    download();

    assertThat(System.nanoTime() - begin).isGreaterThan(1_000_000_000L);
    server.faults.status(1, "GET", "/api/.*/revision/v2", 429, Map.of("Retry-After", "7200"));
    assertThatThrownBy(() -> client().build().download(SnapshotRequest.of(REPO).revision("v2")))
        .hasMessageContaining("asks to wait 7200 s");
  }

  @Test
  void givesUpInTheEndAndSaysWhoseTroubleItIs() throws IOException {
    putModel();
    server.faults.status(9, "GET", "/api/.*/revision/main", 503, Map.of());

    assertThatThrownBy(this::download)
        .hasMessageContaining("answered 503 in all tries")
        .hasMessageContaining("on the server's side");
    assertThat(requests("GET", ".*/revision/main")).isEqualTo(5);
  }

  @Test
  void theTokenGoesToTheHubAndNowhereElse() throws IOException {
    putModel();
    server.repo("models/org/name").isPrivate = true;

    client().token(HubServer.TOKEN).build().download(SnapshotRequest.of(REPO));

    assertThat(server.seen).anyMatch(each -> each.server().equals("cdn"));
    assertThat(server.seen)
        .allSatisfy(
            each ->
                assertThat(each.authorization())
                    .isEqualTo(each.server().equals("hub") ? "Bearer " + HubServer.TOKEN : null));
  }

  @Test
  void neitherRedirectsNorPagesTakeTheTokenAway() throws IOException {
    putModel();
    server.faults.status(
        1, "GET", "/api/.*/revision/main", 307, Map.of("Location", server.cdn() + "/stolen"));
    HubClient client = client().token(HubServer.TOKEN).build();

    assertThatThrownBy(() -> client.download(SnapshotRequest.of(REPO)))
        .isInstanceOf(HubException.class);

    assertThat(server.seen)
        .filteredOn(each -> each.server().equals("cdn"))
        .isNotEmpty()
        .allMatch(each -> each.authorization() == null);
  }

  @Test
  void saysWhatToDoAboutWhatIsNotThere() throws IOException {
    putModel();
    HubClient anonymous = client().build();
    HubClient known = client().token(HubServer.TOKEN).build();
    HubRepo none = HubRepo.model("org/none");

    assertThatThrownBy(() -> anonymous.download(SnapshotRequest.of(none)))
        .hasMessageContaining("there is no model 'org/none' on " + server.endpoint())
        .hasMessageContaining("set HF_TOKEN, or log in with `hf auth login`: no token was sent");
    assertThatThrownBy(() -> known.download(SnapshotRequest.of(none)))
        .hasMessageContaining("a token was sent, so it may lack access");
    assertThatThrownBy(() -> anonymous.download(SnapshotRequest.of(REPO).revision("v9")))
        .hasMessageContaining("has no revision 'v9'")
        .hasMessageContaining("/org/name/commits/main");
    assertThatThrownBy(() -> anonymous.downloadFile(REPO, "main", "vocab.txt"))
        .hasMessageContaining("has no file 'vocab.txt' in revision 'main'");
    assertThatThrownBy(() -> client().token("hf_wrong").build().download(SnapshotRequest.of(REPO)))
        .hasMessageContaining("does not know the token")
        .hasMessageNotContaining("hf_wrong");
    server.repo("models/org/name").isGated = true;
    assertThatThrownBy(() -> anonymous.download(SnapshotRequest.of(REPO)))
        .hasMessageContaining("is gated. Open " + server.endpoint() + "/org/name, ask for access");
    assertThatThrownBy(() -> HubRepo.model("org/na me"))
        .hasMessageContaining("'org/na me' is no name of a repository; expected owner/name");
  }

  @Test
  void aSingleFileComesAloneAndWhatIsMissingIsRemembered() throws IOException {
    String commit = putModel();
    HubClient client = client().build();

    assertThat(client.downloadFile(REPO, "main", "model.safetensors")).hasBinaryContent(weights);
    assertThat(client.findFile(REPO, "main", "vocab.txt")).isEmpty();

    assertThat(cache.resolve("models--org--name/.no_exist/" + commit + "/vocab.txt")).exists();
    HubClient offline = client().offline(true).build();
    assertThat(offline.findFile(REPO, "main", "vocab.txt")).isEmpty();
    assertThat(offline.downloadFile(REPO, "main", "model.safetensors")).exists();
    assertThatThrownBy(() -> offline.findFile(REPO, "main", "config.json"))
        .hasMessageContaining("HF_HUB_OFFLINE is set");
  }

  @Test
  void offlineTheCacheIsEnoughIfItIsWhole() throws IOException {
    putModel();
    Path snapshot = download();
    server.seen.clear();
    HubClient offline = client().offline(true).build();

    assertThat(offline.download(SnapshotRequest.of(REPO))).isEqualTo(snapshot);
    assertThat(server.seen).isEmpty();
    assertThatThrownBy(() -> offline.download(SnapshotRequest.of(REPO).allFiles()))
        .hasMessageContaining("is without 'onnx/model.onnx' in the cache");
    assertThatThrownBy(() -> offline.download(SnapshotRequest.of(HubRepo.model("org/other"))))
        .hasMessageContaining("HF_HUB_OFFLINE is set")
        .hasMessageContaining("is not in the cache " + cache);
  }

  @Test
  void withoutTheServerTheCacheIsEnoughIfItIsWhole() throws IOException {
    putModel();
    Path snapshot = download();
    server.close();

    assertThat(download()).isEqualTo(snapshot);
    assertThatThrownBy(
            () -> client().build().download(SnapshotRequest.of(HubRepo.model("org/other"))))
        .hasMessageContaining("failed in all tries, last with: ")
        .message()
        .containsIgnoringCase("refused")
        .doesNotContain("Exception");
  }

  @Test
  void whereNobodyIsThereItIsAskedTwiceAndServersThatFailMoreOften() throws IOException {
    putModel();
    server.faults.status(4, "GET", ".*/revision/main", 503, Map.of());
    download();
    assertThat(server.faults.isEmpty()).isTrue();
    server.close();

    try (CapturedLog log = new CapturedLog(Level.INFO)) {
      assertThatThrownBy(
              () -> client().build().download(SnapshotRequest.of(HubRepo.model("org/other"))))
          .isInstanceOf(HubException.class);
      assertThat(log.lines()).filteredOn(line -> line.contains("next try in")).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../evil",
        "a/../../evil",
        "/etc/evil",
        "a//b",
        "./a",
        "C:evil",
        "a/C:/b",
        "..\\evil",
        "a\0b",
        "a\nb"
      })
  void refusesHostileNames(String name) throws IOException {
    server.put("org/name", Map.of("config.json", text("{}"), name, text("evil")));

    assertThatThrownBy(() -> client().build().download(SnapshotRequest.of(REPO).allFiles()))
        .isInstanceOfSatisfying(
            HubException.class, e -> assertThat(e.reason()).isEqualTo(HubException.Reason.HOSTILE))
        .hasMessageContaining("is refused");

    assertThat(names(folder)).noneMatch(file -> file.contains("evil"));
  }

  @Test
  void tellsHowFarItIs() throws IOException {
    putModel();
    List<Long> progress = new CopyOnWriteArrayList<>();

    client()
        .listener(
            (repository, file, done, total) -> {
              if (file.equals("model.safetensors") && total == weights.length) {
                progress.add(done);
              }
            })
        .build()
        .download(SnapshotRequest.of(REPO));

    assertThat(progress).isSorted().first().isEqualTo(0L);
    assertThat(progress).last().isEqualTo((long) weights.length);
  }

  @Test
  void severalClientsShareOneDownload() throws Exception {
    putModel();
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    List<Thread> threads =
        Stream.generate(
                () ->
                    new Thread(
                        () -> {
                          try {
                            download();
                          } catch (IOException | RuntimeException e) {
                            failures.add(e);
                          }
                        }))
            .limit(6)
            .toList();
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(failures).isEmpty();
    assertThat(requests("GET", LARGE)).isEqualTo(1);
    assertThat(download().resolve("model.safetensors")).hasBinaryContent(weights);
  }
}
