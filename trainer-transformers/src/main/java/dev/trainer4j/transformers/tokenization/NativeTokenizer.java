// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.util.PairList;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;

/**
 * The native library, behind all that keeps it from ending the process: what it is given has been
 * checked, texts have a length that it stands, and an error of it becomes one that names the file.
 */
final class NativeTokenizer implements AutoCloseable {

  /** What the ids, offsets and tokens of a character may take, if each character is a token. */
  private static final int BYTES_PER_CHARACTER = 256;

  private final TokenizerFiles files;
  private final int longestText;
  private final boolean mayFail;
  private final HuggingFaceTokenizer tokenizer;

  /** The native tokenizer must not go while another thread is inside it. */
  private final ReadWriteLock open = new ReentrantReadWriteLock();

  private boolean closed;

  /**
   * Creates it.
   *
   * @param longestText what {@link NativeCheck} allows
   * @param mayFail whether there are texts without tokens, see {@link ModelCheck#mayFail}
   */
  NativeTokenizer(TokenizerFiles files, String json, int longestText, boolean mayFail) {
    this.files = files;
    this.longestText =
        (int) Math.min(longestText, Runtime.getRuntime().maxMemory() / BYTES_PER_CHARACTER);
    this.mayFail = mayFail;
    tokenizer = create(files, json);
  }

  static HuggingFaceTokenizer create(TokenizerFiles files, String json) {
    // Cutting and padding are done in Java: the native tokenizer keeps how to in its state.
    Map<String, String> plain = Map.of("truncation", "false", "padding", "false");
    try (InputStream in = new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8))) {
      return HuggingFaceTokenizer.newInstance(in, plain);
    } catch (RuntimeException | IOException e) {
      throw files.wrong(
          TokenizerFiles.TOKENIZER, "is refused by the native tokenizer: " + e.getMessage(), e);
    }
  }

  Encoding encode(String text, boolean special) {
    check(text.length());
    return inside(backend -> backend.encode(text, special, false));
  }

  Encoding encode(String text, String second, boolean special) {
    check((long) text.length() + second.length());
    return inside(backend -> backend.encode(text, second, special, false));
  }

  Encoding encode(List<String> words, boolean special) {
    check(words.stream().mapToLong(String::length).sum());
    return inside(backend -> backend.encode(words, special, false));
  }

  Encoding[] encodeBatch(List<String> texts, boolean special) {
    if (mayFail) {
      return texts.stream().map(text -> encode(text, special)).toArray(Encoding[]::new);
    }
    texts.forEach(text -> check(text.length()));
    return inside(backend -> backend.batchEncode(texts, special, false));
  }

  Encoding[] encodePairs(PairList<String, String> pairs, boolean special) {
    if (mayFail) {
      return pairs.stream()
          .map(pair -> encode(pair.getKey(), pair.getValue(), special))
          .toArray(Encoding[]::new);
    }
    pairs.forEach(pair -> check((long) pair.getKey().length() + pair.getValue().length()));
    return inside(backend -> backend.batchEncode(pairs, special, false));
  }

  String decode(long[] ids, boolean skipSpecialTokens) {
    return inside(backend -> backend.decode(ids, skipSpecialTokens));
  }

  private void check(long length) {
    if (length > longestText) {
      throw new IllegalArgumentException(
          "a text has "
              + length
              + " characters, more than the "
              + longestText
              + " that "
              + files.path(TokenizerFiles.TOKENIZER)
              + " can encode at once in this process: encode it in pieces, such as its paragraphs.");
    }
  }

  private <R> R inside(Function<HuggingFaceTokenizer, R> call) {
    open.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException(
            "the tokenizer is closed: close it when nothing uses it any more, or load it again");
      }
      return call.apply(tokenizer);
    } catch (IllegalStateException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new TokenizerException(
          files.path(TokenizerFiles.TOKENIZER)
              + " has no token for some part of a text: "
              + e.getMessage()
              + ". Give its model an unk_token, or an unk_id, that is in its vocabulary.",
          e);
    } finally {
      open.readLock().unlock();
    }
  }

  @Override
  public void close() {
    open.writeLock().lock();
    try {
      closed = true;
      tokenizer.close();
    } finally {
      open.writeLock().unlock();
    }
  }
}
