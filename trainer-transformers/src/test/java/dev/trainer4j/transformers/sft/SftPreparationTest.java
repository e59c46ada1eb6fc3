// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What the figures of TRL do not tell: our own choices, and what does not depend on them. */
class SftPreparationTest {

  @TempDir Path folder;

  private final PretrainedTokenizer tokenizer = SftFigures.tokenizer();

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private List<String> texts(
      SftArguments.Builder builder,
      @Nullable Function<Map<String, ?>, String> format,
      DataSource<? extends Map<String, ?>> rows) {
    SftArguments args = builder.build();
    Dataset<Map<String, Object>> prepared =
        new SftPreparation(tokenizer, args, format).prepare(rows, "train", args.packing());
    List<String> texts = new ArrayList<>();
    for (long i = 0; i < prepared.size(); i++) {
      texts.add(tokenizer.decode(TokenRow.ids(prepared.get(i)), false));
    }
    return texts;
  }

  private static Dataset<Map<String, ?>> numbers(int count) {
    return Datasets.of(
        IntStream.range(0, count).mapToObj(i -> Map.of("text", "Row " + i + ".")).toList());
  }

  private static final SftArguments.Builder args() {
    return SftArguments.builder();
  }

  @Test
  void theEndTokenFollowsTheTextOfWhateverColumn() {
    assertThat(
            texts(
                args().datasetTextField("story"),
                null,
                Datasets.of(List.of(Map.of("story", "Lima", "text", 3)))))
        .containsExactly("Lima</s>");
  }

  @Test
  void aFormattingFuncTakesThePlaceOfTheColumns() {
    Dataset<Map<String, ?>> rows =
        Datasets.of(List.of(Map.of("prompt", "Lima", "completion", "far")));
    assertThat(
            texts(
                args().completionOnlyLoss(false),
                row -> row.get("prompt") + " is " + row.get("completion"),
                rows))
        .containsExactly("Lima is far</s>");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> texts(args(), row -> "x", rows))
        .withMessageContaining("formattingFunc")
        .withMessageContaining("completionOnlyLoss");
    assertThat(texts(args(), row -> "x", Datasets.of(List.of(Map.of("input_ids", List.of(4, 5))))))
        .containsExactly("<|user|><|assistant|>");
  }

  @Test
  void speakersOfShareGptHaveTheRolesOfTheTemplate() {
    List<Map<String, String>> talk =
        List.of(
            Map.of("from", "human", "value", "Hi"),
            Map.of("from", "gpt", "value", "Hello"),
            Map.of("from", "assistant", "value", "Again"));
    assertThat(texts(args(), null, Datasets.of(List.of(Map.of("conversations", talk)))))
        .containsExactly("<|user|>Hi<|assistant|>Hello</s><|assistant|>Again</s>");
  }

  @Test
  void messagesOfTodayMayStandInTheColumnOfThen() {
    List<Map<String, String>> talk = List.of(Map.of("role", "user", "content", "Hi"));
    assertThat(texts(args(), null, Datasets.of(List.of(Map.of("conversations", talk)))))
        .containsExactly("<|user|>Hi");
  }

  @Test
  void aStreamIsReadToItsEnd() {
    IterableDataset<Map<String, ?>> stream =
        epoch -> Stream.<Map<String, ?>>of(Map.of("text", "a"), Map.of("text", "b")).iterator();
    assertThat(texts(args(), null, stream)).containsExactly("a</s>", "b</s>");
  }

  @Test
  void rowsThatAreCutLaterAreNotWarnedOf() {
    String story = "Lima is far. ".repeat(100);
    Logger logger = (Logger) LoggerFactory.getLogger(PretrainedTokenizer.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      texts(args(), null, Datasets.of(List.of(Map.of("text", story))));
      texts(args(), null, Datasets.of(List.of(Map.of("prompt", "Say: ", "completion", story))));
      List<Map<String, String>> talk = List.of(Map.of("role", "user", "content", story));
      texts(args(), null, Datasets.of(List.of(Map.of("messages", talk))));
      assertThat(log.list).isEmpty();
      tokenizer.encode(story);
      assertThat(log.list).hasSize(1);
    } finally {
      logger.detachAppender(log);
    }
  }

  @Test
  void anyNumberOfThreadsMakesTheSameRowsInTheSameOrder() {
    List<String> one = texts(args().datasetNumProc(1), null, numbers(3000));
    assertThat(one.get(2345)).isEqualTo("Row 2345.</s>");
    assertThat(texts(args().datasetNumProc(3), null, numbers(3000))).isEqualTo(one);
  }

  @Test
  void shuffledRowsAreTheSameOnesInAnOrderOfTheSeed() {
    List<String> plain = texts(args(), null, numbers(200));
    List<String> shuffled = texts(args().shuffleDataset(true), null, numbers(200));
    assertThat(shuffled).containsExactlyInAnyOrderElementsOf(plain).isNotEqualTo(plain);
    assertThat(texts(args().shuffleDataset(true), null, numbers(200))).isEqualTo(shuffled);
    assertThat(texts(args().shuffleDataset(true).training(t -> t.seed(7)), null, numbers(200)))
        .isNotEqualTo(shuffled);
    SftArguments.Builder packed = args().packing(true).maxLength(20);
    assertThat(documents(texts(packed.shuffleDataset(true), null, numbers(200))))
        .containsExactlyInAnyOrderElementsOf(
            documents(texts(packed.shuffleDataset(false), null, numbers(200))));
  }

  private static List<String> documents(List<String> blocks) {
    return blocks.stream().flatMap(block -> Stream.of(block.split("(?<=</s>)"))).toList();
  }

  @Test
  void preparedRowsAreFoundAgainByTheirContent() throws IOException {
    SftArguments.Builder cached = args().datasetCacheDir(folder);
    List<String> first = texts(cached, null, numbers(50));
    assertThat(texts(cached, null, numbers(50))).isEqualTo(first);
    // What comes behind the tokens is no matter of the cache.
    texts(args().datasetCacheDir(folder).datasetNumProc(2).shuffleDataset(true), null, numbers(50));
    assertThat(files()).isEqualTo(1);
    // Each of these makes other tokens.
    texts(cached, row -> row.get("text") + "!", numbers(50));
    assertThat(files()).isEqualTo(2);
    texts(args().datasetCacheDir(folder).maxLength(2), null, numbers(50));
    assertThat(files()).isEqualTo(3);
    assertThat(texts(cached, null, numbers(51))).hasSize(51);
    assertThat(files()).isEqualTo(4);
    Map<String, ?> other = Map.of("text", "Row 49!");
    assertThat(texts(cached, null, numbers(49).concat(Datasets.of(List.of(other)))))
        .endsWith("Row 49!</s>");
    assertThat(files()).isEqualTo(5);
  }

  private long files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.count();
    }
  }

  @Test
  void rowsThatAreTakenAsTheyAreStayAsTheyAre() {
    Map<String, Object> row = Map.of("input_ids", List.of(5, 6), "labels", List.of(-100, 6));
    SftArguments args = args().skipPrepareDataset(true).maxLength(1).build();
    assertThat(
            new SftPreparation(tokenizer, args, null)
                .prepare(Datasets.of(List.of(row)), "train", false)
                .get(0))
        .isEqualTo(row);
  }
}
