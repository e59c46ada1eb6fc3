// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.data.Folders;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules are those of huggingface_hub/constants.py. */
class HubEnvironmentTest {
  @TempDir Path folder;

  private static HubEnvironment of(Map<String, String> variables) {
    return new HubEnvironment(variables::get);
  }

  @Test
  void findsTheCacheWherePythonDoes() {
    assertThat(of(Map.of("HOME", "/home/me")).cacheDir())
        .isEqualTo(Path.of("/home/me/.cache/huggingface/hub"));
    assertThat(of(Map.of("HOME", "/home/me", "XDG_CACHE_HOME", "/x")).cacheDir())
        .isEqualTo(Path.of("/x/huggingface/hub"));
    assertThat(of(Map.of("HOME", "/home/me", "HF_HOME", "~/hf")).cacheDir())
        .isEqualTo(Path.of("/home/me/hf/hub"));
    assertThat(of(Map.of("HF_HOME", "/hf", "HF_HUB_CACHE", "/c")).cacheDir())
        .isEqualTo(Path.of("/c"));
    assertThat(of(Map.of("HF_HOME", "/hf", "HUGGINGFACE_HUB_CACHE", "/old")).cacheDir())
        .isEqualTo(Path.of("/old"));
  }

  @Test
  void findsTheTokenWherePythonDoes() throws IOException {
    Files.writeString(folder.resolve("token"), "hf_file\n");

    assertThat(of(Map.of("HF_HOME", folder.toString())).token().authorization())
        .isEqualTo("Bearer hf_file");
    assertThat(
            of(Map.of("HF_HOME", folder.toString(), "HF_TOKEN", "hf_own ")).token().authorization())
        .isEqualTo("Bearer hf_own");
    assertThat(
            of(Map.of("HF_HOME", folder.toString(), "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).token())
        .isNull();
    assertThat(of(Map.of("HF_HOME", folder.resolve("none").toString())).token()).isNull();
    assertThatThrownBy(() -> of(Map.of("HF_TOKEN", "hf secret")).token())
        .hasMessageContaining("the token from HF_TOKEN must be printable ASCII")
        .hasMessageNotContaining("secret");
  }

  @Test
  void readsFlagsAndAddresses() {
    assertThat(of(Map.of("HF_HUB_OFFLINE", "yes")).offline()).isTrue();
    assertThat(of(Map.of("TRANSFORMERS_OFFLINE", "1")).offline()).isTrue();
    assertThat(of(Map.of("HF_HUB_OFFLINE", "0", "TRANSFORMERS_OFFLINE", "1")).offline()).isFalse();
    assertThat(of(Map.of()).endpoint()).isEqualTo(URI.create("https://huggingface.co"));
    assertThat(of(Map.of("HF_ENDPOINT", "http://mirror:8080/hf/")).endpoint())
        .isEqualTo(URI.create("http://mirror:8080/hf"));
    assertThatThrownBy(() -> of(Map.of("HF_ENDPOINT", "https://me:pass@host")).endpoint())
        .hasMessageContaining("HF_ENDPOINT is no address of a Hub")
        .hasMessageNotContaining("pass@");
    assertThatThrownBy(() -> of(Map.of("HF_HUB_DOWNLOAD_TIMEOUT", "soon")).timeout())
        .hasMessageContaining("'soon', expected a whole number of seconds");
  }

  @Test
  void modelsAreLoadedByNameWhereThisModuleIsThere() throws IOException {
    assertThat(Folders.ofModel(folder.toString())).isEqualTo(folder);
    assertThatThrownBy(() -> Folders.ofModel("no such folder"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(
            "'no such folder' is no folder here, and no model of this name came from the Hub")
        .hasMessageContaining("expected owner/name");
  }
}
