// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.checkpoint.CheckpointVerification.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointVerifierTest {
  private final CheckpointStore store;
  private final Path folder;
  private final Path manifest;
  private final Path weights;

  CheckpointVerifierTest(@TempDir Path outputDir) throws IOException {
    store = new CheckpointStore(outputDir);
    folder = store.commit(5, Folders.contents("a"));
    manifest = folder.resolve("manifest.json");
    weights = folder.resolve("model.safetensors");
  }

  @Test
  void everyFlippedBitInAFileIsFound() throws IOException {
    byte[] good = Files.readAllBytes(weights);
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      Files.write(weights, bad);
      assertProblem("'model.safetensors' has changed");
    }
  }

  @Test
  void everyTruncationOfAFileIsFound() throws IOException {
    byte[] good = Files.readAllBytes(weights);
    for (int length = 0; length < good.length; length++) {
      Files.write(weights, Arrays.copyOf(good, length));
      assertProblem("has " + length + " bytes instead of " + good.length);
    }
  }

  @Test
  void everyTruncationOfTheManifestIsFound() throws IOException {
    byte[] good = Files.readAllBytes(manifest);
    for (int length = 0; length < good.length - 1; length++) {
      Files.write(manifest, Arrays.copyOf(good, length));
      assertProblem("manifest.json");
    }
  }

  @Test
  void aManifestThatLiesIsFound() throws IOException {
    String good = Files.readString(manifest);
    for (List<String> lie :
        List.of(
            List.of("\"size\" : 9", "\"size\" : 10", "9 bytes instead of 10"),
            List.of("\"size\" : 9", "\"size\" : -9", "size is missing or not a whole number"),
            List.of("\"size\" : 9", "\"size\" : 9.5", "size is missing or not a whole number"),
            List.of("\"size\" : 9", "\"size\" : 99999999999999999999", "not a whole number"),
            List.of("\"step\" : 5", "\"step\" : 6", "its manifest is that of step 6"),
            List.of("\"format_version\" : 1", "\"format_version\" : 2", "format version 2"),
            List.of("model.safetensors", "other.safetensors", "'other.safetensors' is missing"),
            List.of("model.safetensors", "adapter", "'adapter' is missing"),
            List.of("model.safetensors", "adapter/config.json", "twice"),
            List.of("\"sha256\" : \"", "\"sha256\" : \"A", "no SHA-256"),
            List.of("\"files\" : [", "\"files\" : [ 7, ", "name is missing"),
            List.of("\"step\"", "\"step\" : 5, \"step\"", "not valid JSON"),
            List.of("{\n  \"format", "[] {\n  \"format", "not valid JSON"))) {
      assertThat(good).contains(lie.get(0));
      Files.writeString(manifest, good.replace(lie.get(0), lie.get(1)));
      assertProblem(lie.get(2));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../checkpoint-4/model.safetensors",
        "adapter/../../x",
        "/etc/passwd",
        "..",
        ".",
        "",
        "a//b",
        "a/",
        "./a",
        "C:/x",
        "a\\\\b",
        "..\\\\x",
        "a\\u0000b",
        "a\\nb",
        "manifest.json"
      })
  void namesThatLeadOutOfTheFolderAreRefused(String name) throws IOException {
    String good = Files.readString(manifest);
    Files.writeString(manifest, good.replace("model.safetensors", name));
    assertProblem("not a name inside the folder");
  }

  @Test
  void symbolicLinksAreRefusedWhetherListedOrNot() throws IOException {
    Path elsewhere = Files.move(weights, folder.resolveSibling("elsewhere"));
    Files.createSymbolicLink(weights, elsewhere);
    assertProblem("'model.safetensors' is a symbolic link");
    Files.delete(weights);
    Files.move(elsewhere, weights);
    assertThat(store.verify(folder).isValid()).isTrue();
    Files.createSymbolicLink(folder.resolve("optimizer.safetensors"), weights);
    assertProblem("'optimizer.safetensors' is a symbolic link");
  }

  @Test
  void aSubFolderOrManifestBehindALinkIsRefused() throws IOException {
    Path moved = Files.move(folder.resolve("adapter"), folder.resolveSibling("moved"));
    Files.createSymbolicLink(folder.resolve("adapter"), moved);
    assertProblem("'adapter' is a symbolic link");
    Path copy = Files.move(manifest, folder.resolveSibling("manifest-copy"));
    Files.createSymbolicLink(manifest, copy);
    assertProblem("manifest.json is not a regular file");
  }

  @Test
  void filesOfOthersDoNotMatter() throws IOException {
    Files.writeString(folder.resolve("notes.txt"), "good run");
    assertThat(store.verify(folder).isValid()).isTrue();
  }

  @Test
  void aCopyUnderAnotherNameAndALinkToTheFolderAreWhole() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolveSibling("best"), folder);
    assertThat(store.verify(link).isValid()).isTrue();
    Path renamed = Files.move(folder, folder.resolveSibling("final"));
    assertThat(store.verify(renamed).isValid()).isTrue();
  }

  @Test
  void aFolderWithoutManifestIsNotACheckpoint() throws IOException {
    Files.delete(manifest);
    assertProblem("it has no manifest.json");
    assertThat(store.latestValid()).isEmpty();
  }

  @Test
  void aFolderOfHuggingFacesTrainerIsRecognisedButNeverTheLatest() throws IOException {
    Files.delete(manifest);
    Files.writeString(folder.resolve("trainer_state.json"), "{}");
    assertThat(store.verify(folder).status()).isEqualTo(Status.DAMAGED);
    Files.writeString(folder.resolve("optimizer.pt"), "");
    CheckpointVerification verification = store.verify(folder);
    assertThat(verification.status()).isEqualTo(Status.HUGGING_FACE);
    assertThat(verification.summary()).contains("written by Hugging Face's Trainer");
    assertThat(store.latestValid()).isEmpty();
  }

  @Test
  void whatIsNotAFolderIsAFinding() {
    assertThat(store.verify(weights).problems()).containsExactly("it is not a folder");
    assertThat(store.verify(folder.resolve("none")).isValid()).isFalse();
  }

  @Test
  void theSummaryIsShortHoweverMuchIsWrong() {
    List<String> problems = List.of("1", "2", "3", "4", "5", "6", "7");
    assertThat(new CheckpointVerification(folder, Status.DAMAGED, problems).summary())
        .isEqualTo("1; 2; 3; 4; 5; and 2 more");
  }

  private void assertProblem(String problem) {
    CheckpointVerification verification = store.verify(folder);
    assertThat(verification.status()).isEqualTo(Status.DAMAGED);
    assertThat(verification.summary()).contains(problem);
  }
}
