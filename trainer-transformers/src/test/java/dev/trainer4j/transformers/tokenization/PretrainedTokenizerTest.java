// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainedTokenizerTest {

  @TempDir Path folder;

  private Path copy(String name) throws IOException {
    try (Stream<Path> files = Files.list(Tokenizers.folder(name))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName().toString()));
      }
    }
    return folder;
  }

  @Test
  void savesEveryFileByteByByteEvenWhenTheFolderHasGone() throws IOException {
    Path source = Files.createDirectory(folder.resolve("source"));
    Path target = Files.createDirectory(folder.resolve("target"));
    for (String name : List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")) {
      Files.copy(Tokenizers.folder("bytebpe").resolve(name), source.resolve(name));
    }
    Files.createDirectory(source.resolve("additional_chat_templates"));
    Files.writeString(source.resolve("additional_chat_templates/tools.jinja"), "{{ tools }}");
    Files.writeString(source.resolve("model.safetensors"), "is not the tokenizer's");
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(source)) {
      Files.delete(source.resolve("tokenizer.json"));
      tokenizer.save(target);
    }
    for (String name : List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")) {
      assertThat(target.resolve(name))
          .hasSameBinaryContentAs(Tokenizers.folder("bytebpe").resolve(name));
    }
    assertThat(target.resolve("additional_chat_templates/tools.jinja")).hasContent("{{ tools }}");
    assertThat(target.resolve("model.safetensors")).doesNotExist();
  }

  @Test
  void readsTheChatTemplateOfItsFileAndOfTheConfiguration() throws IOException {
    try (PretrainedTokenizer tokenizer = Tokenizers.load("bytebpe")) {
      assertThat(tokenizer.chatTemplate().orElseThrow()).startsWith("{% for m in messages %}");
    }
    copy("wordpiece");
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"chat_template\": [{\"name\": \"default\", \"template\": \"{{ x }}\"}]}");
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder)) {
      assertThat(tokenizer.chatTemplate()).hasValue("{{ x }}");
    }
  }

  @Test
  void aFolderWithoutTokenizerJsonIsAnErrorThatSaysWhatToDo() throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), "a\n");
    assertThatThrownBy(() -> PretrainedTokenizer.load(folder))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining(folder.resolve("tokenizer.json") + " does not exist")
        .hasMessageContaining("only has vocab.txt")
        .hasMessageContaining("AutoTokenizer.from_pretrained");
    assertThatThrownBy(() -> PretrainedTokenizer.load(folder.resolve("nowhere")))
        .hasMessageContaining("is not a folder");
  }

  @Test
  void batchesOfIdsBecomeTextsWithoutIgnoredLabels() {
    try (PretrainedTokenizer tokenizer = Tokenizers.load("wordpiece")) {
      int[] ids = tokenizer.encode("In Milan").inputIds();
      long[] plain = Arrays.stream(ids).asLongStream().toArray();
      long[] labels = Arrays.copyOf(plain, plain.length + 2);
      Arrays.fill(labels, plain.length, labels.length, -100);
      String text = tokenizer.decode(plain, true);
      assertThat(tokenizer.decodeBatch(new long[][] {plain, labels, {}}, true))
          .containsExactly(text, text, "");
      assertThat(tokenizer.decodeBatch(new long[][] {plain}, false))
          .containsExactly(tokenizer.decode(plain, false))
          .doesNotContain(text);
      assertThatThrownBy(() -> tokenizer.decodeBatch(new long[][] {labels}, false))
          .hasMessageContaining("-100");
    }
  }

  @Test
  void truncationWithoutAnyLimitIsRefused() throws IOException {
    copy("wordpiece");
    Files.writeString(folder.resolve("tokenizer_config.json"), "{}");
    EncodeOptions options =
        EncodeOptions.builder().truncation(TruncationStrategy.LONGEST_FIRST).build();
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder)) {
      assertThatThrownBy(() -> tokenizer.encode("In Milan", options))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("truncation is LONGEST_FIRST")
          .hasMessageContaining("model_max_length");
    }
  }

  @Test
  void aPointerOfGitLfsIsCalledByItsName() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("tokenizer.json"),
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n");
    assertThatThrownBy(() -> PretrainedTokenizer.load(folder))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining(file + " is a pointer of Git LFS")
        .hasMessageContaining("git lfs pull");
  }

  @Test
  void anAbsurdlyLongFileIsNotRead() throws IOException {
    copy("wordpiece");
    try (RandomAccessFile file =
        new RandomAccessFile(folder.resolve("merges.txt").toFile(), "rw")) {
      file.setLength(200L << 20);
    }
    assertThatThrownBy(() -> PretrainedTokenizer.load(folder))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("merges.txt has more than");
  }

  @Test
  void damagedFilesAreErrorsThatNameThem() throws IOException {
    copy("wordpiece");
    String whole = Files.readString(folder.resolve("tokenizer.json"));
    for (String damaged :
        List.of(
            "", "[]", whole.substring(0, whole.length() / 2), whole.replace("WordPiece", "Word"))) {
      Files.writeString(folder.resolve("tokenizer.json"), damaged);
      assertThatThrownBy(() -> PretrainedTokenizer.load(folder))
          .isInstanceOf(TokenizerException.class)
          .hasMessageContaining("tokenizer.json")
          .hasMessageContaining("Download the file again");
    }
    Files.write(folder.resolve("tokenizer.json"), new byte[] {'{', (byte) 0xff, '}'});
    assertThatThrownBy(() -> PretrainedTokenizer.load(folder)).hasMessageContaining("not UTF-8");
    Files.writeString(folder.resolve("tokenizer.json"), whole);
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"padding_side\": \"top\"}");
    assertThatThrownBy(() -> PretrainedTokenizer.load(folder))
        .hasMessageContaining("tokenizer_config.json has padding_side \"top\"");
  }

  @Test
  void noDamageToTheFileEndsTheProcess() throws IOException {
    copy("roberta");
    String whole = Files.readString(folder.resolve("tokenizer.json"));
    Random random = new Random(5);
    int loaded = 0;
    for (int round = 0; round < 300; round++) {
      StringBuilder damaged = new StringBuilder(whole);
      for (int change = 0; change <= random.nextInt(3); change++) {
        int at = random.nextInt(damaged.length() - 20);
        switch (random.nextInt(3)) {
          case 0 -> damaged.setCharAt(at, (char) (' ' + random.nextInt(95)));
          case 1 -> damaged.delete(at, at + 1 + random.nextInt(12));
          default -> damaged.insert(at, damaged.substring(at, at + 10));
        }
      }
      Files.writeString(folder.resolve("tokenizer.json"), damaged);
      try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder)) {
        loaded++;
        TokenizedText text = tokenizer.encode("In Oslo 😀 we ate <mask>");
        tokenizer.decode(text.inputIds(), true);
      } catch (TokenizerException e) {
        assertThat(e).hasMessageContaining("tokenizer.json");
      }
    }
    assertThat(loaded).as("files that still hold a tokenizer").isBetween(10, 290);
  }

  @Test
  void threadsGetWhatOneThreadGets() throws Exception {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      texts.add("Please bring cheese to Lima at " + i + " o'clock 😀!");
    }
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (PretrainedTokenizer tokenizer = Tokenizers.load("roberta")) {
      List<String> alone = encodeAll(tokenizer, texts, 8);
      Callable<List<String>> uncut = () -> encodeAll(tokenizer, texts, 100);
      List<Future<List<String>>> results = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Callable<List<String>> job = i % 2 == 0 ? () -> encodeAll(tokenizer, texts, 8) : uncut;
        results.add(threads.submit(job));
      }
      for (int i = 0; i < 8; i += 2) {
        assertThat(results.get(i).get()).isEqualTo(alone);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static List<String> encodeAll(
      PretrainedTokenizer tokenizer, List<String> texts, int maxLength) {
    return texts.stream()
        .map(text -> tokenizer.encode(text, EncodeOptions.truncated(maxLength)).toString())
        .toList();
  }

  @Test
  void aClosedTokenizerSaysSoAndStillSaves() {
    PretrainedTokenizer tokenizer = Tokenizers.load("wordpiece");
    tokenizer.close();
    tokenizer.close();
    assertThatThrownBy(() -> tokenizer.encode("Oslo")).isInstanceOf(IllegalStateException.class);
    assertThatCode(() -> tokenizer.save(folder)).doesNotThrowAnyException();
    assertThat(tokenizer.tokenToId("oslo")).isPresent();
  }

  @Test
  void linksInPlaceOfItsFilesAreReplacedAndNotFollowed() throws IOException {
    Path precious = Files.writeString(folder.resolve("precious"), "precious");
    Path file = Files.createSymbolicLink(folder.resolve("tokenizer.json"), precious);
    try (PretrainedTokenizer tokenizer = Tokenizers.load("wordpiece")) {
      tokenizer.save(folder);
    }
    assertThat(precious).hasContent("precious");
    assertThat(Files.isSymbolicLink(file)).isFalse();
    PretrainedTokenizer.load(folder).close();
  }

  @Test
  void idsThatAreNoneAreRefused() {
    try (PretrainedTokenizer tokenizer = Tokenizers.load("wordpiece")) {
      assertThatThrownBy(() -> tokenizer.decode(new int[] {5, -100}, true))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("-100");
      assertThat(tokenizer.idToToken(99_999)).isEmpty();
      assertThat(tokenizer.tokenToId("no such token")).isEmpty();
    }
  }

  @Test
  void optionsThatWouldDoNothingAreRefused() {
    assertThatThrownBy(() -> EncodeOptions.builder().maxLength(8).build())
        .hasMessageContaining("without truncation");
    try (PretrainedTokenizer tokenizer = Tokenizers.load("wordpiece")) {
      assertThatThrownBy(() -> tokenizer.encode("Oslo", EncodeOptions.truncated(1)))
          .hasMessageContaining("special tokens alone are 2");
    }
  }

  @Test
  void halvesOfSurrogatePairsBecomeReplacementCharacters() {
    try (PretrainedTokenizer tokenizer = Tokenizers.load("bytebpe")) {
      TokenizedText broken = tokenizer.encode("x\ud800y");
      assertThat(broken.inputIds()).isEqualTo(tokenizer.encode("x\ufffdy").inputIds());
      assertThat(broken.end(broken.length() - 1)).isEqualTo(3);
    }
  }

  @Test
  void aTokenizerWithoutPaddingSaysHowToGetIt() throws IOException {
    copy("wordpiece");
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\": \"[SEP]\"}");
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder)) {
      assertThatThrownBy(tokenizer::padTokenId)
          .isInstanceOf(TokenizerException.class)
          .hasMessageContaining("names no pad_token")
          .hasMessageContaining("[SEP]");
    }
  }

  @Test
  void aTokenGetsARoleAndKeepsItWhenSaved() throws IOException {
    copy("legacy");
    Files.delete(folder.resolve("special_tokens_map.json"));
    Path saved = Files.createDirectory(folder.resolve("saved"));
    try (PretrainedTokenizer bare = PretrainedTokenizer.load(folder);
        PretrainedTokenizer padding = bare.withSpecialToken(SpecialToken.PAD, "</s>")) {
      assertThat(bare.padTokenId()).isZero();
      assertThat(padding.padTokenId()).isEqualTo(2);
      padding.save(saved);
      assertThatThrownBy(() -> bare.withSpecialToken(SpecialToken.PAD, "<none>"))
          .hasMessageContaining("no token '<none>'");
    }
    try (PretrainedTokenizer again = PretrainedTokenizer.load(saved)) {
      assertThat(again.padTokenId()).isEqualTo(2);
    }
    assertThat(saved.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(folder.resolve("tokenizer.json"));
  }

  @Test
  void tokensOfTheConfigurationAreRegistered() throws IOException {
    copy("wordpiece");
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"pad_token\": \"[PAD]\", \"bos_token\": \"<new>\","
            + " \"additional_special_tokens\": [\"<more>\"]}");
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder)) {
      int added = tokenizer.vocabSize();
      assertThat(tokenizer.specialTokenId(SpecialToken.BOS)).hasValue(added);
      assertThat(tokenizer.size()).isEqualTo(added + 2);
      int[] ids = tokenizer.encode("<new>Oslo<more>").inputIds();
      assertThat(Arrays.stream(ids).boxed().toList()).contains(added, added + 1);
      assertThat(tokenizer.decode(ids, true)).isEqualTo("oslo");
    }
  }
}
