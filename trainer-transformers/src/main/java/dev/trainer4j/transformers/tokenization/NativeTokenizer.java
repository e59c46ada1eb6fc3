// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.stream.IntStream;

/**
 * The native library, behind all that keeps it from ending the process: what it is given has been
 * checked, texts have a length that it stands, and an error of it becomes one that names the file.
 */
final class NativeTokenizer implements AutoCloseable {

  private static final TokenizersLibrary LIBRARY = TokenizersLibrary.LIB;

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

  /**
   * Encodes a text.
   *
   * @param read takes what is wanted of the encoding, which is freed behind it
   */
  <R> R encode(String text, boolean special, Function<NativeEncoding, R> read) {
    check(text.length());
    return read(inside(handle -> LIBRARY.encode(handle, text, special)), read);
  }

  /** Encodes a pair. */
  <R> R encode(String text, String second, boolean special, Function<NativeEncoding, R> read) {
    check((long) text.length() + second.length());
    return read(inside(handle -> LIBRARY.encodeDual(handle, text, second, special)), read);
  }

  /** Encodes words. */
  <R> R encode(List<String> words, boolean special, Function<NativeEncoding, R> read) {
    check(words.stream().mapToLong(String::length).sum());
    String[] all = words.toArray(String[]::new);
    return read(inside(handle -> LIBRARY.encodeList(handle, all, special)), read);
  }

  /** Takes what is wanted of the encoding of one of many texts. */
  @FunctionalInterface
  interface Reader<R> {
    R read(NativeEncoding encoding, int index);
  }

  /** Encodes texts, on all cores. */
  <R> List<R> encodeBatch(List<String> texts, boolean special, Reader<R> reader) {
    if (mayFail) {
      return each(texts.size(), i -> encode(texts.get(i), special, e -> reader.read(e, i)));
    }
    texts.forEach(text -> check(text.length()));
    String[] all = texts.toArray(String[]::new);
    return read(inside(handle -> LIBRARY.batchEncode(handle, all, special)), reader);
  }

  /** Encodes pairs, on all cores. */
  <R> List<R> encodePairs(
      List<String> texts, List<String> seconds, boolean special, Reader<R> reader) {
    if (mayFail) {
      return each(
          texts.size(), i -> encode(texts.get(i), seconds.get(i), special, e -> reader.read(e, i)));
    }
    for (int i = 0; i < texts.size(); i++) {
      check((long) texts.get(i).length() + seconds.get(i).length());
    }
    String[] first = texts.toArray(String[]::new);
    String[] other = seconds.toArray(String[]::new);
    return read(inside(handle -> LIBRARY.batchEncodePair(handle, first, other, special)), reader);
  }

  private static <R> List<R> each(int count, IntFunction<R> function) {
    return IntStream.range(0, count).mapToObj(function).toList();
  }

  private static <R> R read(long encoding, Function<NativeEncoding, R> read) {
    try (NativeEncoding open = new NativeEncoding(encoding)) {
      return read.apply(open);
    }
  }

  private static <R> List<R> read(long[] encodings, Reader<R> reader) {
    List<R> results = new ArrayList<>(encodings.length);
    int next = 0;
    try {
      while (next < encodings.length) {
        int index = next++;
        results.add(read(encodings[index], encoding -> reader.read(encoding, index)));
      }
    } finally {
      while (next < encodings.length) {
        LIBRARY.deleteEncoding(encodings[next++]);
      }
    }
    return results;
  }

  String decode(long[] ids, boolean skipSpecialTokens) {
    return inside(handle -> tokenizer.decode(ids, skipSpecialTokens));
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

  private <R> R inside(LongFunction<R> call) {
    open.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException(
            "the tokenizer is closed: close it when nothing uses it any more, or load it again");
      }
      return call.apply(tokenizer.getHandle());
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
      // Its finalizer frees the native tokenizer, also one that only a handle is left of.
      Reference.reachabilityFence(tokenizer);
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
