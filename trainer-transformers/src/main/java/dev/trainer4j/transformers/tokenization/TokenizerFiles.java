// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.trainer4j.checkpoint.ReplacedFile;
import dev.trainer4j.file.GitLfsPointer;
import dev.trainer4j.json.JsonFile;
import dev.trainer4j.json.JsonPlace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of the tokenizer files of a folder. They are kept, so that a checkpoint gets them as they
 * were, even if the folder has changed or gone.
 */
final class TokenizerFiles {

  static final String TOKENIZER = "tokenizer.json";
  static final String CONFIG = "tokenizer_config.json";
  static final String SPECIAL_TOKENS = "special_tokens_map.json";
  static final String CHAT_TEMPLATE = "chat_template.jinja";

  private static final String MORE_TEMPLATES = "additional_chat_templates";

  private static final List<String> NAMES =
      List.of(
          TOKENIZER,
          CONFIG,
          SPECIAL_TOKENS,
          CHAT_TEMPLATE,
          "added_tokens.json",
          "vocab.json",
          "vocab.txt",
          "merges.txt",
          "tokenizer.model",
          "spiece.model",
          "sentencepiece.bpe.model");

  /** Those of vocabularies of 256,000 tokens have some 30 MiB. */
  private static final int MAX_LENGTH = 128 << 20;

  private final Path folder;
  private final Map<String, byte[]> files;

  private TokenizerFiles(Path folder, Map<String, byte[]> files) {
    this.folder = folder;
    this.files = files;
  }

  static TokenizerFiles read(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new TokenizerException(
          folder + " is not a folder: give the one that holds " + TOKENIZER + ".");
    }
    Map<String, byte[]> files = new LinkedHashMap<>();
    try {
      for (String name : NAMES) {
        if (Files.isRegularFile(folder.resolve(name))) {
          files.put(name, readLimited(folder.resolve(name)));
        }
      }
      if (Files.isDirectory(folder.resolve(MORE_TEMPLATES))) {
        try (Stream<Path> more = Files.list(folder.resolve(MORE_TEMPLATES))) {
          for (Path template : more.filter(Files::isRegularFile).sorted().toList()) {
            files.put(MORE_TEMPLATES + "/" + template.getFileName(), readLimited(template));
          }
        }
      }
    } catch (IOException | UncheckedIOException e) {
      throw new TokenizerException("a tokenizer file in " + folder + " cannot be read: " + e, e);
    }
    if (!files.containsKey(TOKENIZER)) {
      throw new TokenizerException(
          folder.resolve(TOKENIZER)
              + " does not exist: copy it there from the model's page. A model that only has "
              + (files.isEmpty() ? "a slow tokenizer" : String.join(", ", files.keySet()))
              + " is converted in Python with"
              + " AutoTokenizer.from_pretrained(folder).save_pretrained(folder).");
    }
    return new TokenizerFiles(folder, files);
  }

  private static byte[] readLimited(Path file) throws IOException {
    if (Files.size(file) > MAX_LENGTH) {
      throw new TokenizerException(
          file + " has more than " + MAX_LENGTH + " bytes: it is no file of a tokenizer.");
    }
    byte[] bytes = Files.readAllBytes(file);
    if (GitLfsPointer.isOne(bytes)) {
      throw new TokenizerException(file + " " + GitLfsPointer.PROBLEM + ".");
    }
    return bytes;
  }

  void save(Path target) throws IOException {
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path path = target.resolve(file.getKey());
      if (file.getKey().contains("/")) {
        makeFolder(target.resolve(MORE_TEMPLATES));
      }
      ReplacedFile.write(path, file.getValue());
    }
  }

  private static void makeFolder(Path folder) throws IOException {
    if (Files.isSymbolicLink(folder)) {
      throw new FileSystemException(
          folder.toString(), null, "is a symbolic link, which is not written through: delete it");
    }
    Files.createDirectories(folder);
  }

  /** The names of the files in {@code additional_chat_templates}, with the folder before them. */
  List<String> moreTemplates() {
    return files.keySet().stream().filter(name -> name.startsWith(MORE_TEMPLATES + "/")).toList();
  }

  /** The same files with another text of one. */
  TokenizerFiles with(String name, String text) {
    Map<String, byte[]> changed = new LinkedHashMap<>(files);
    changed.put(name, text.getBytes(UTF_8));
    return new TokenizerFiles(folder, changed);
  }

  /** The same files with one chat template and no other. */
  TokenizerFiles withChatTemplate(String text) {
    TokenizerFiles changed = with(CHAT_TEMPLATE, text);
    moreTemplates().forEach(changed.files::remove);
    return changed;
  }

  /** A text that follows from the names and bytes of the files. */
  String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Map.Entry<String, byte[]> file : new TreeMap<>(files).entrySet()) {
        digest.update((file.getKey() + "|" + file.getValue().length + "|").getBytes(UTF_8));
        digest.update(file.getValue());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new LinkageError("every Java has SHA-256", e);
    }
  }

  Path path(String name) {
    return folder.resolve(name);
  }

  /** The text of a file, which must be UTF-8. */
  Optional<String> text(String name) {
    byte[] bytes = files.get(name);
    return bytes == null
        ? Optional.empty()
        : Optional.of(JsonFile.text(path(name).toString(), bytes, TokenizerFiles::damaged));
  }

  /** The object in a JSON file; an empty one if there is no file. */
  JsonPlace json(String name) {
    return JsonFile.parse(path(name).toString(), text(name).orElse("{}"), TokenizerFiles::damaged);
  }

  private static TokenizerException damaged(String what, @Nullable Throwable cause) {
    return new TokenizerException(
        what + ". Download the file again, or save it again from Python.", cause);
  }

  TokenizerException wrong(String name, String what, @Nullable Throwable cause) {
    return damaged(path(name) + " " + what, cause);
  }
}
