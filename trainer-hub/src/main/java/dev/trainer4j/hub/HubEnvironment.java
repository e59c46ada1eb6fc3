// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The environment variables of Python's {@code huggingface_hub}, as it reads them. */
final class HubEnvironment {
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
  private final UnaryOperator<@Nullable String> variables;

  HubEnvironment(UnaryOperator<@Nullable String> variables) {
    this.variables = variables;
  }

  static HubEnvironment ofProcess() {
    return new HubEnvironment(System::getenv);
  }

  URI endpoint() {
    String address = Objects.requireNonNullElse(value("HF_ENDPOINT"), "https://huggingface.co");
    return Origin.endpoint(address, "HF_ENDPOINT");
  }

  Path cacheDir() {
    String own = value("HF_HUB_CACHE");
    String older = own == null ? value("HUGGINGFACE_HUB_CACHE") : own;
    return older == null ? home().resolve("hub") : expand(older);
  }

  boolean offline() {
    return isTrue("HF_HUB_OFFLINE")
        || (value("HF_HUB_OFFLINE") == null && isTrue("TRANSFORMERS_OFFLINE"));
  }

  boolean symbolicLinks() {
    return !isTrue("HF_HUB_DISABLE_SYMLINKS");
  }

  Duration timeout() {
    String seconds = value("HF_HUB_DOWNLOAD_TIMEOUT");
    if (seconds == null) {
      return Duration.ofSeconds(10);
    }
    try {
      long read = Long.parseLong(seconds.strip());
      if (read > 0) {
        return Duration.ofSeconds(read);
      }
    } catch (NumberFormatException e) {
      throw notSeconds(seconds, e);
    }
    throw notSeconds(seconds, null);
  }

  private static IllegalArgumentException notSeconds(String value, @Nullable Throwable cause) {
    return new IllegalArgumentException(
        "the environment variable HF_HUB_DOWNLOAD_TIMEOUT is '"
            + HubFileName.shown(value)
            + "', expected a whole number of seconds above 0",
        cause);
  }

  /** From {@code HF_TOKEN}, else from the file that {@code hf auth login} writes; null without either. */
  @Nullable HubToken token() {
    String own = value("HF_TOKEN");
    String older = own == null ? value("HUGGING_FACE_HUB_TOKEN") : own;
    if (older != null) {
      return new HubToken(older, own == null ? "HUGGING_FACE_HUB_TOKEN" : "HF_TOKEN");
    }
    if (isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
      return null;
    }
    String file = value("HF_TOKEN_PATH");
    Path path = file == null ? home().resolve("token") : expand(file);
    try {
      String saved = new String(Files.readAllBytes(path), StandardCharsets.UTF_8).strip();
      return saved.isEmpty() ? null : new HubToken(saved, "the file " + path);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "the token in "
              + path
              + " cannot be read; set HF_TOKEN, or HF_TOKEN_PATH to another file",
          e);
    }
  }

  private Path home() {
    String home = value("HF_HOME");
    if (home != null) {
      return expand(home);
    }
    String caches = value("XDG_CACHE_HOME");
    return (caches == null ? user().resolve(".cache") : expand(caches)).resolve("huggingface");
  }

  private Path expand(String path) {
    return path.equals("~") || path.startsWith("~/")
        ? user().resolve(path.substring(Math.min(2, path.length())))
        : Path.of(path);
  }

  private Path user() {
    String home = value("HOME");
    return Path.of(home == null ? System.getProperty("user.home") : home);
  }

  private boolean isTrue(String name) {
    String value = value(name);
    return value != null && TRUE.contains(value.toUpperCase(Locale.ROOT));
  }

  private @Nullable String value(String name) {
    String value = variables.apply(name);
    return value == null || value.isBlank() ? null : value;
  }
}
